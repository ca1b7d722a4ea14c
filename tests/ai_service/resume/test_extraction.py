"""Files that are broken, hostile or no resumes: refused by name, soon, and with nothing left behind."""

import asyncio
import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ai_service.resume import extraction, extractor
from ai_service.resume.extraction import ExtractedText, Extraction, ResumeFormat
from ai_service.resume.extractor import MOST_CHARACTERS, MOST_PAGES
from ai_service.resume.faults import MOST_BYTES, ResumesBusy, UnreadableResume
from tests.ai_service.resume.files import encrypted_pdf, pdf, spinning_pdf, with_part, word, zipped
from tests.ai_service.wire.serving import until

LINES = ["Backend Engineer with Python", "Experience", "- Wrote a ledger in Go"]
BODY = b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>%s</w:body></w:document>'
MAIN = "word/document.xml"


async def reason(data: bytes) -> str:
    with pytest.raises(UnreadableResume) as caught:
        await Extraction().of(data)
    return caught.value.reason


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda: pdf([LINES]), ResumeFormat.PDF),
        (lambda: b"\n\n" + pdf([LINES]), ResumeFormat.PDF),
        (lambda: word(LINES), ResumeFormat.DOCX),
        (lambda: "\n".join(LINES).encode(), ResumeFormat.TEXT),
        (lambda: "\n".join(LINES).encode("utf-16"), ResumeFormat.TEXT),
        (lambda: "Développeur Python à Genève, é".encode("cp1252"), ResumeFormat.TEXT),
    ],
    ids=["pdf", "pdf-after-blanks", "docx", "utf-8", "utf-16", "windows-1252"],
)
async def test_the_type_goes_by_the_content(make: Callable[[], bytes], kind: ResumeFormat) -> None:
    read = await Extraction().of(make())
    assert (read.format, read.truncated) == (kind, False)
    assert "Python" in read.text


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: b"", "RESUME_EMPTY"),
        (lambda: b" \n\t" * 100, "RESUME_NO_TEXT"),
        (lambda: b"x" * (MOST_BYTES + 1), "RESUME_TOO_LARGE"),
        (lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "RESUME_UNSUPPORTED"),
        (lambda: b"{\\rtf1 Backend Engineer with Python and Go}", "RESUME_UNSUPPORTED"),
        (lambda: b"<!DOCTYPE html><p>Backend Engineer with Python</p>", "RESUME_UNSUPPORTED"),
        (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1024), "RESUME_UNSUPPORTED"),
        (lambda: zipped({"xl/workbook.xml": b"<a/>"}), "RESUME_UNSUPPORTED"),
        (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "RESUME_ENCRYPTED"),
        (encrypted_pdf, "RESUME_ENCRYPTED"),
        (lambda: pdf([LINES])[:120], "RESUME_DAMAGED"),
        (lambda: word(LINES)[:9000], "RESUME_DAMAGED"),
        (lambda: with_part(word(LINES), MAIN, b"<w:document"), "RESUME_DAMAGED"),
        (lambda: pdf([[]]), "RESUME_NO_TEXT"),
        (lambda: word([]), "RESUME_NO_TEXT"),
        (lambda: pdf([["Python"]] * (MOST_PAGES + 1)), "RESUME_TOO_COMPLEX"),
        (lambda: with_part(word(LINES), MAIN, bytes(100 * 1024 * 1024)), "RESUME_TOO_COMPLEX"),
        (lambda: zipped({f"word/{n}": b"" for n in range(3000)}), "RESUME_TOO_COMPLEX"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_file_that_cannot_be_read_is_refused_by_name(make: Callable[[], bytes], expected: str) -> None:
    assert await reason(make()) == expected


async def test_a_pdf_that_spins_is_ended_by_its_cpu_time_or_its_memory() -> None:
    data = spinning_pdf()
    assert len(data) < 4096
    with capture_logs() as logs:
        assert await reason(data) == "RESUME_TOO_COMPLEX"
    assert logs[0]["status"] in {-signal.SIGXCPU, -signal.SIGABRT}


async def test_a_document_that_unpacks_to_more_than_the_memory_is_ended() -> None:
    text = b"<w:p><w:r><w:t>" + b"x" * (60 * 1024 * 1024) + b"</w:t></w:r></w:p>"
    assert await reason(with_part(word(LINES), MAIN, BODY % text)) in {"RESUME_TOO_COMPLEX", "RESUME_DAMAGED"}


async def test_entities_that_grow_are_not_resolved() -> None:
    entities = b'<!ENTITY a "%s">' % (b"x" * 1000)
    entities += b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 20) for n in range(8))
    bomb = b'<?xml version="1.0"?><!DOCTYPE d [' + entities + b"]>" + BODY % b"<w:p><w:r><w:t>&i;</w:t></w:r></w:p>"
    assert await reason(with_part(word(LINES), MAIN, bomb)) in {"RESUME_DAMAGED", "RESUME_NO_TEXT"}


async def test_a_long_text_is_cut_and_says_so() -> None:
    read = await Extraction().of(b"Backend Engineer with Python\n" * 300_000)
    assert read.truncated
    assert len(read.text) == MOST_CHARACTERS


async def test_text_boxes_tables_and_headers_of_a_document_are_read_once() -> None:
    box = (
        b'<w:p><w:r><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        b"<mc:Choice><w:txbxContent><w:p><w:r><w:t>In a box</w:t></w:r></w:p></w:txbxContent></mc:Choice>"
        b"<mc:Fallback><w:txbxContent><w:p><w:r><w:t>In a box</w:t></w:r></w:p></w:txbxContent></mc:Fallback>"
        b"</mc:AlternateContent></w:r><w:r><w:t>Beside the box of text</w:t></w:r></w:p>"
    )
    read = await Extraction().of(with_part(word(LINES), MAIN, BODY % box))
    assert read.text.split("\n").count("In a box") == 1
    assert "Beside the box of text" in read.text
    assert "2019 - 2021" in (await Extraction().of(word(["|Backend Engineer at Acme|2019 - 2021|"]))).text


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts a program of the test in the reader's place; it writes its process id to the file that is returned."""

    def replace(program: str) -> Path:
        pid = tmp_path / "pid"
        path = tmp_path / "reader.py"
        path.write_text(
            f"import os, pathlib, sys, time\npathlib.Path({str(pid)!r}).write_text(str(os.getpid()))\n{program}"
        )
        monkeypatch.setattr(extractor, "__file__", str(path))
        return pid

    return replace


def is_gone(pid: Path) -> bool:
    return not Path(f"/proc/{pid.read_text()}").exists()


async def test_a_reader_that_waits_is_killed_at_its_time(
    reader: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extraction, "_WALL_SECONDS", 0.5)
    pid = reader("time.sleep(600)")
    assert await reason(b"anything") == "RESUME_TOO_COMPLEX"
    assert is_gone(pid)


async def test_the_readers_own_limit_ends_it_after_its_cpu_time(reader: Callable[[str], Path]) -> None:
    limits = extractor.__file__
    pid = reader(f"import runpy; runpy.run_path({limits!r})['_limit'](60.0)\nwhile True: pass")
    with capture_logs() as logs:
        assert await reason(b"anything") == "RESUME_TOO_COMPLEX"
    assert [one["status"] for one in logs] == [-signal.SIGXCPU]
    assert is_gone(pid)


async def test_a_reader_that_floods_its_output_is_killed(reader: Callable[[str], Path]) -> None:
    pid = reader("while True: sys.stdout.write('x' * 65536)")
    assert await reason(b"anything") == "RESUME_TOO_COMPLEX"
    assert is_gone(pid)


async def test_a_caller_that_goes_away_leaves_no_reader_behind(reader: Callable[[str], Path]) -> None:
    pid = reader("time.sleep(600)")
    extraction_ = Extraction(processes=1)
    task = asyncio.create_task(extraction_.of(b"anything"))
    await until(lambda: pid.exists() and pid.read_text() != "")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert is_gone(pid)


async def test_no_more_readers_run_than_may_and_a_queue_that_is_full_refuses(
    reader: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extraction, "_MOST_WAITING", 3)
    answer = json.dumps({"format": "text", "text": "read", "truncated": False})
    reader(f"sys.stdin.read(); sys.stdout.write({answer!r})")
    busy = Extraction(processes=1)
    results = await asyncio.gather(*(busy.of(b"anything") for _ in range(4)), return_exceptions=True)
    assert [type(one) for one in results] == [ExtractedText] * 3 + [ResumesBusy]
    assert isinstance(await busy.of(b"anything"), ExtractedText)
