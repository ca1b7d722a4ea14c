"""The program that reads a file which nobody has vetted: `python -I extractor.py` with the file on its input.

It runs by itself, under limits that it sets before it looks at the first byte, and imports nothing of the service. Its
output is one JSON object: `format`, `text` and `truncated`, or `fault` with the reason of a refusal. What ends it
(CPU time, memory, the clock) is told by its exit status.
"""

import io
import json
import re
import resource
import signal
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

CPU_SECONDS = 2
MEMORY_BYTES = 512 * 1024 * 1024
MOST_PAGES = 50
MOST_CHARACTERS = 60_000
MOST_UNPACKED_BYTES = 64 * 1024 * 1024
MOST_PARTS = 2_000
# Fewer letters than this are no resume: most likely a scan whose pages are pictures.
LEAST_LETTERS = 20
OUT_OF_MEMORY = 77

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # legacy Word, and DOCX with a password
_OTHER_TEXT = re.compile(rb"\s*(?:\{\\rtf|<!doctype|<html|<\?xml|%!PS)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"


class Refused(Exception):  # noqa: N818 - a verdict on the file
    """The file cannot be read; `args[0]` is the reason."""


def extract(data: bytes) -> dict[str, Any]:
    """Format and text of a file. Raises `Refused`."""
    if not data:
        raise Refused("RESUME_EMPTY")
    if b"%PDF-" in data[:1024]:
        kind, lines = "pdf", _pdf_lines(data)
    elif data.startswith(_ZIP):
        kind, lines = "docx", _docx_lines(data)
    elif data.startswith(_OLE):
        raise Refused("RESUME_ENCRYPTED" if "EncryptedPackage".encode("utf-16-le") in data else "RESUME_UNSUPPORTED")
    else:
        kind, lines = "text", iter(_plain_text(data).splitlines())
    text, truncated = _collected(lines)
    if sum(map(str.isalpha, text)) < LEAST_LETTERS:
        raise Refused("RESUME_NO_TEXT")
    return {"format": kind, "text": text, "truncated": truncated}


def _collected(lines: Iterator[str]) -> tuple[str, bool]:
    kept: list[str] = []
    size = 0
    for line in lines:
        kept.append(line)
        size += len(line) + 1
        if size > MOST_CHARACTERS:
            return "\n".join(kept)[:MOST_CHARACTERS], True
    return "\n".join(kept), False


def _plain_text(data: bytes) -> str:
    if _OTHER_TEXT.match(data[:1024]):
        raise Refused("RESUME_UNSUPPORTED")
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        with suppress(UnicodeDecodeError):
            text = data.decode(encoding)
            if len(_CONTROL.findall(text[:100_000])) * 200 > min(len(text), 100_000):
                break
            return text
    raise Refused("RESUME_UNSUPPORTED")


def _pdf_lines(data: bytes) -> Iterator[str]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        # PDFium's codes: 4 a password is needed, 5 an unknown security handler.
        locked = getattr(error, "err_code", None) in (4, 5) or "password" in str(error).lower()
        raise Refused("RESUME_ENCRYPTED" if locked else "RESUME_DAMAGED") from None
    if len(document) > MOST_PAGES:
        raise Refused("RESUME_TOO_COMPLEX")
    if not len(document):
        raise Refused("RESUME_DAMAGED")
    broken = 0
    for number in range(len(document)):
        try:
            page = document[number]
            page_text = page.get_textpage()
            characters = min(page_text.count_chars(), MOST_CHARACTERS)
            text = page_text.get_text_range(0, characters) if characters > 0 else ""
        except pypdfium2.PdfiumError:
            broken += 1
            continue
        yield from text.splitlines()
    if broken == len(document):
        raise Refused("RESUME_DAMAGED")


def _check_archive(data: bytes) -> None:
    """Raises `Refused` for an archive that unpacks to too much or is no Word document."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise Refused("RESUME_DAMAGED") from None
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED_BYTES:
        raise Refused("RESUME_TOO_COMPLEX")
    if any(part.flag_bits & 1 for part in parts):
        raise Refused("RESUME_ENCRYPTED")
    if not any(part.filename.startswith("word/") for part in parts):
        raise Refused("RESUME_UNSUPPORTED")


def _docx_lines(data: bytes) -> Iterator[str]:
    _check_archive(data)
    import docx

    try:
        document = docx.Document(io.BytesIO(data))
        bodies = [document.element.body]
        for section in document.sections:
            if not section.header.is_linked_to_previous:
                bodies.insert(0, section.header._element)  # noqa: SLF001 - the only way to its text boxes
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - what a broken file makes of the library is the file's fault
        raise Refused("RESUME_DAMAGED") from None
    for body in bodies:
        for paragraph in body.iter(f"{_WORD}p"):
            if not any(ancestor.tag == _FALLBACK for ancestor in paragraph.iterancestors()):
                yield from _paragraph(paragraph).splitlines()


def _paragraph(paragraph: Any) -> str:
    """The text of a paragraph without that of the text boxes in it, which are paragraphs of their own."""
    blanks = {f"{_WORD}tab": "\t", f"{_WORD}br": "\n", f"{_WORD}cr": "\n"}
    said = [
        blanks.get(node.tag) or node.text or ""
        for node in paragraph.iter(f"{_WORD}t", *blanks)
        if next(node.iterancestors(f"{_WORD}p")) is paragraph
    ]
    listed = paragraph.find(f"{_WORD}pPr/{_WORD}numPr") is not None
    style = paragraph.find(f"{_WORD}pPr/{_WORD}pStyle")
    listed = listed or (style is not None and str(style.get(f"{_WORD}val", "")).startswith("List"))
    return ("- " if listed else "") + "".join(said)


def _limit(seconds: float) -> None:
    """Bounds that hold for this process from now on. Not every system has all of them."""
    signal.setitimer(signal.ITIMER_REAL, seconds)  # ends this process even when nobody is left to end it
    for name, amount in (("RLIMIT_CPU", CPU_SECONDS), ("RLIMIT_AS", MEMORY_BYTES), ("RLIMIT_FSIZE", 0)):
        with suppress(ValueError, OSError, AttributeError):
            resource.setrlimit(getattr(resource, name), (amount, amount + (name == "RLIMIT_CPU")))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> int:
    """Answer for the file on the input; the argument is the most seconds to live."""
    _limit(float(sys.argv[1]))
    try:
        answer = extract(sys.stdin.buffer.read())
    except Refused as refused:
        answer = {"fault": refused.args[0]}
    except MemoryError:
        return OUT_OF_MEMORY
    except RecursionError:
        answer = {"fault": "RESUME_TOO_COMPLEX"}
    sys.stdout.buffer.write(json.dumps(answer).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
