"""Files as candidates and attackers send them, made in memory."""

import io
import zipfile
import zlib
from collections.abc import Sequence

import docx


def pdf(pages: Sequence[Sequence[str]], *, content: bytes | None = None) -> bytes:
    """A PDF whose pages hold lines of Latin-1 text, or `content` as the content stream of each page."""
    objects: list[bytes] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    kids = []
    for lines in pages:
        stream = content
        if stream is None:
            said = " ".join(f"({_escaped(line)}) Tj T*" for line in lines)
            stream = f"BT /F1 10 Tf 14 TL 40 800 Td {said} ET".encode("latin-1", "replace")
        packed = zlib.compress(stream)
        objects.append(b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    return assembled(objects)


def assembled(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """A PDF of these objects, the first of which is its catalog."""
    out, places = io.BytesIO(), []
    out.write(b"%PDF-1.7\n")
    for number, body in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for place in places:
        out.write(b"%010d 00000 n \n" % place)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start))
    return out.getvalue()


def encrypted_pdf() -> bytes:
    """A PDF that asks for a password."""
    plain = pdf([["Backend Engineer with Python"]])
    lock = b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >> /ID [<00> <00>]" % (
        b"41" * 32,
        b"42" * 32,
    )
    return plain.replace(b"/Root 1 0 R ", b"/Root 1 0 R " + lock)


def spinning_pdf() -> bytes:
    """A small PDF that keeps a reader busy: forms that draw the next form ten times each, nine deep."""
    deep, fan = 9, 10
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /XObject << /X 5 0 R >> /Font << /F1 %d 0 R >> >> >>" % (5 + deep),
        b"<< /Length 5 >>\nstream\n/X Do\nendstream",
    ]
    for level in range(deep):
        last = level == deep - 1
        stream = b"BT /F1 9 Tf 1 0 0 1 20 20 Tm (spin) Tj ET " if last else b"/X Do " * fan
        resources = b"/Font << /F1 %d 0 R >>" % (5 + deep) if last else b"/XObject << /X %d 0 R >>" % (6 + level)
        objects.append(
            b"<< /Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << %s >> /Length %d >>\n"
            b"stream\n%s\nendstream" % (resources, len(stream), stream)
        )
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    return assembled(objects)


def word(lines: Sequence[str]) -> bytes:
    """A Word document; lines that begin with "- " are in a list, and those that begin with "|" are a table's row."""
    document = docx.Document()
    for line in lines:
        if line.startswith("- "):
            document.add_paragraph(line[2:], style="List Bullet")
        elif line.startswith("|"):
            cells = line.strip("|").split("|")
            row = document.add_table(rows=1, cols=len(cells)).rows[0]
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text.strip()
        else:
            document.add_paragraph(line)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def zipped(parts: dict[str, bytes]) -> bytes:
    """A ZIP archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def with_part(document: bytes, name: str, content: bytes) -> bytes:
    """A Word document with one part replaced."""
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        parts = {one: archive.read(one) for one in archive.namelist()}
    return zipped({**parts, name: content})


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
