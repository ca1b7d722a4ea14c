"""Where files are kept: the same on a disk and in a bucket, which is moto's here."""

import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from chat_service.errors import AppError
from chat_service.storage.files import BucketStore, Desk, FolderStore, Store, TooLargeError
from tests.fakes import s3

MIB = 1024 * 1024
CONTENT = bytes(range(256)) * 4 * 1024 * 18  # 18 MiB: three parts in a bucket


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 300_000):
        yield content[start : start + 300_000]


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def read(store: Store, key: str, start: int, end: int) -> bytes:
    return b"".join([piece async for piece in store.read(key, start, end)])


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with s3.serving() as found:
        yield found


def bucket(address: str, prefix: str) -> BucketStore:
    return BucketStore(
        s3.BUCKET,
        prefix=prefix,
        endpoint=address,
        region="us-east-1",
        access_key_id=s3.KEY_ID,
        secret_access_key=s3.SECRET,
    )


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return FolderStore(tmp_path)
    return bucket(request.getfixturevalue("address"), tmp_path.name)


async def test_a_file_is_kept_read_in_ranges_and_deleted(store: Store, tmp_path: Path) -> None:
    desk = Desk(tmp_path / "incoming")
    async with desk.receive(pieces(CONTENT), most_bytes=len(CONTENT)) as draft:
        assert draft.size_bytes == len(CONTENT)
        await store.keep("somebody/answer", draft.path)
    assert names(tmp_path / "incoming") == []
    assert await read(store, "somebody/answer", 0, len(CONTENT)) == CONTENT
    assert await read(store, "somebody/answer", MIB - 5, 3 * MIB + 5) == CONTENT[MIB - 5 : 3 * MIB + 5]
    await store.delete("somebody/answer")
    await store.delete("somebody/answer")
    with pytest.raises(FileNotFoundError):
        await read(store, "somebody/answer", 0, 5)


async def test_owners_whose_last_file_went_leave_no_folder(tmp_path: Path) -> None:
    store, desk = FolderStore(tmp_path), Desk(tmp_path / "incoming")
    for key in ("one/a", "one/b"):
        async with desk.receive(pieces(b"sound"), most_bytes=10) as draft:
            await store.keep(key, draft.path)
    await store.delete("one/a")
    assert await read(store, "one/b", 0, 5) == b"sound"
    await store.delete("one/b")
    assert names(tmp_path) == ["incoming"]


async def test_the_desk_keeps_nothing_of_what_fails_or_is_too_large(tmp_path: Path) -> None:
    desk = Desk(tmp_path)

    async def broken() -> AsyncIterator[bytes]:
        yield CONTENT
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        async with desk.receive(broken(), most_bytes=len(CONTENT)):
            raise AssertionError
    with pytest.raises(TooLargeError):
        async with desk.receive(pieces(CONTENT), most_bytes=MIB):
            raise AssertionError
    assert names(tmp_path) == []


def test_the_desk_is_swept_of_what_killed_processes_left(tmp_path: Path) -> None:
    Desk(tmp_path / "never made").sweep()
    old, new = tmp_path / "old", tmp_path / "new"
    for path in (old, new):
        path.write_bytes(b"sound")
    os.utime(old, (time.time() - 7200, time.time() - 7200))
    Desk(tmp_path).sweep()
    assert names(tmp_path) == ["new"]


async def test_a_storage_that_is_away_is_told_as_unavailable(tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_bytes(b"a file where a folder has to be")
    with pytest.raises(AppError, match="cannot be stored"):
        async with Desk(blocked).receive(pieces(b"sound"), most_bytes=10):
            raise AssertionError
    away = bucket("http://127.0.0.1:9", "x")
    for failing in (away.keep("a/b", blocked), read(away, "a/b", 0, 1), away.delete("a/b")):
        with pytest.raises(AppError, match="cannot be stored"):
            await failing
