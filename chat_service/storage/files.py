"""Files: a folder of this machine, or a bucket that speaks S3.

A file is made aside, whole, in the folder of a `Desk`, and only then kept in a `Store` under its key. What a cut upload
or a killed process leaves on the desk is swept from it.
"""

import asyncio
import contextlib
import hashlib
import os
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING
from uuid import uuid4

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import S3Store

from chat_service.errors import AppError, ErrorKind

if TYPE_CHECKING:
    from obstore.store import S3Config

# A piece that is written or read at once, in a thread: large enough to be worth it.
_PIECE_BYTES = 1024 * 1024
# S3 takes parts of 5 MiB and more; two of them are in memory at once.
_PART_BYTES = 8 * 1024 * 1024
_PARTS_AT_ONCE = 2
# No upload takes as long: what is older was left by a process that has gone.
_LEFT_BEHIND_SECONDS = 3600.0

_log = structlog.get_logger()


class TooLargeError(Exception):
    """More bytes came than may."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A whole file on the desk, until it is kept or the block that received it ends."""

    path: Path
    size_bytes: int
    sha256: bytes


class Desk:
    """A folder of this machine where files are made; it is made itself when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.asynccontextmanager
    async def receive(self, pieces: AsyncIterator[bytes], *, most_bytes: int) -> AsyncIterator[Draft]:
        """The file of all pieces, on disk. Nothing is left of it when receiving or the block fails.

        Raises what the pieces raise, `TooLargeError`, and UNAVAILABLE when the disk does not take it.
        """
        path = self._folder / uuid4().hex
        with _told_as_unavailable():
            file = await asyncio.to_thread(self._create, path)
        try:
            try:
                draft = await _write(file, path, pieces, most_bytes)
            finally:
                await asyncio.to_thread(file.close)
            yield draft
        finally:
            path.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Removes what killed processes have left."""
        if not self._folder.is_dir():
            return
        for path in self._folder.iterdir():
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _LEFT_BEHIND_SECONDS:
                    path.unlink()

    def _create(self, path: Path) -> IO[bytes]:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path.open("xb", buffering=0)


async def _write(file: IO[bytes], path: Path, pieces: AsyncIterator[bytes], most_bytes: int) -> Draft:
    digest, size, waiting = hashlib.sha256(), 0, bytearray()

    def put_down(content: bytes) -> None:
        digest.update(content)
        view = memoryview(content)
        while view:
            view = view[file.write(view) :]

    async for piece in pieces:
        size += len(piece)
        if size > most_bytes:
            raise TooLargeError
        waiting += piece
        if len(waiting) >= _PIECE_BYTES:
            with _told_as_unavailable():
                await asyncio.to_thread(put_down, bytes(waiting))
            waiting.clear()
    with _told_as_unavailable():
        await asyncio.to_thread(put_down, bytes(waiting))
        await asyncio.to_thread(os.fsync, file.fileno())
    return Draft(path, size, digest.digest())


class Store(ABC):
    """Files by key, such as `owner/file`. A key is written once, and what it holds never changes.

    Every method raises UNAVAILABLE when the storage does not answer.
    """

    @abstractmethod
    async def keep(self, key: str, path: Path) -> None:
        """Takes a whole file of the desk over. It is there for good once this returns; the path may be gone then."""

    @abstractmethod
    def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` to before `end`, in pieces. Raises FileNotFoundError."""

    @abstractmethod
    async def delete(self, key: str) -> None:
        """Removes a file, if it is there."""


class FolderStore(Store):
    """Files in a folder, which all processes share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, key: str, path: Path) -> None:
        """Moves the file; the folder of the desk has to be on the same file system."""
        with _told_as_unavailable():
            await asyncio.to_thread(self._move, path, self._folder / key)

    async def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Reads a piece at a time."""
        with _told_as_unavailable():
            file = await asyncio.to_thread((self._folder / key).open, "rb")
        try:
            await asyncio.to_thread(file.seek, start)
            while start < end:
                with _told_as_unavailable():
                    piece = await asyncio.to_thread(file.read, min(_PIECE_BYTES, end - start))
                if not piece:
                    raise FileNotFoundError(key)
                start += len(piece)
                yield piece
        finally:
            file.close()

    async def delete(self, key: str) -> None:
        """Removes the file, and its owner's folder when it was the last one there."""
        with _told_as_unavailable():
            await asyncio.to_thread(self._remove, self._folder / key)

    def _move(self, source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            source.replace(target)
        except FileNotFoundError:  # the owner's folder, which another process has just found to be empty
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            source.replace(target)
        for folder in (target.parent, self._folder):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            path.parent.rmdir()


class BucketStore(Store):
    """Files in a bucket of S3, or of a server that is compatible with it."""

    def __init__(
        self,
        bucket: str,
        *,
        prefix: str = "",
        endpoint: str | None = None,
        region: str,
        access_key_id: str | None = None,
        secret_access_key: str | None = None,
    ) -> None:
        """Without keys those of the machine's role are used, as AWS's own clients find them."""
        config: S3Config = {"region": region}
        if endpoint is not None:
            config["endpoint"] = endpoint
        if access_key_id is not None and secret_access_key is not None:
            config["access_key_id"] = access_key_id
            config["secret_access_key"] = secret_access_key
        self._store = S3Store(
            bucket,
            prefix=prefix or None,
            config=config,
            client_options={"allow_http": True, "timeout": "60s", "connect_timeout": "5s"},
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=60)},
        )

    async def keep(self, key: str, path: Path) -> None:
        """Uploads the file, in parts when it is larger than one."""
        with _told_as_unavailable():
            await obstore.put_async(self._store, key, path, chunk_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE)

    async def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Asks for a piece at a time, so that a slow reader holds no connection open."""
        while start < end:
            with _told_as_unavailable():
                piece = await obstore.get_range_async(self._store, key, start=start, end=min(start + _PIECE_BYTES, end))
            start += len(piece)
            yield bytes(piece)

    async def delete(self, key: str) -> None:
        """Removes the object."""
        with _told_as_unavailable(), contextlib.suppress(FileNotFoundError):
            await obstore.delete_async(self._store, key)


@contextlib.contextmanager
def _told_as_unavailable() -> Iterator[None]:
    """Renders what disks and servers raise; that a file is not there goes through."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (OSError, BaseError) as error:
        _log.error("storage_failed", error=repr(error))
        raise AppError(
            ErrorKind.UNAVAILABLE,
            "storage_unavailable",
            "Files cannot be stored or read just now. Try again in a moment.",
            details={"cause": type(error).__name__},
            retry_after=5,
        ) from error
