"""The lines of a resume and the sections that they belong to."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from ai_service.resume.words import load_words

_BULLET = re.compile(r"^\s*(?:[•●▪◦‣⁃∙·○■□➢➤✓*]|[-–—](?=\s)|o(?=\s{2,}))\s*")
_SPACED = re.compile(r"(?:\w ){3,}\w")
_INLINE = re.compile(r"\s*([A-Za-z][A-Za-z &/]{3,40}?)\s*[:–]\s+(\S.*)")
_KEPT_CONTROLS = "\n\t"
# A line beyond this is no part of an address any more.
_LONGEST_CONTACT = 70


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its bullet, the section that it stands in (empty before the first), and whether it is a bullet."""

    text: str
    section: str
    bullet: bool
    heading: bool = False


def read_lines(text: str) -> list[str]:
    """The lines of a text in one normal form: no invisible or control characters, every bullet a dash."""
    text = unicodedata.normalize("NFKC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n"))
    text = "".join(one for one in text if one in _KEPT_CONTROLS or unicodedata.category(one)[0] != "C")
    return [_BULLET.sub("- ", line.rstrip()) for line in text.split("\n")]


def in_sections(lines: Sequence[str]) -> list[Line]:
    """The lines with their sections; empty ones are kept, for they part entries."""
    section, read = "", []
    for line in lines:
        bullet = line.startswith("- ")
        text = line[2:].strip() if bullet else line.strip()
        opened, rest = _heading(text) if not bullet else (None, "")
        if rest and section == "skills":  # "Languages: Go, C" there is a line of the list
            opened = None
        if opened is not None:
            section = opened
            read.append(
                Line(text if not rest else text[: len(text) - len(rest)].strip(), section, bullet=False, heading=True)
            )
            if rest:
                read.append(Line(rest, section, bullet=False))
        else:
            if section == "contact" and len(text) > _LONGEST_CONTACT:
                section = ""
            read.append(Line(text, section, bullet))
    return read


def _heading(text: str) -> tuple[str | None, str]:
    """The kind of section that a line opens, None for none, and what stands behind the heading in the same line."""
    headings = load_words().headings
    if len(text) <= 60:
        kind = headings.get(_bare(text))
        if kind is not None:
            return kind, ""
    match = _INLINE.match(text)
    if match and _bare(match.group(1)) in headings:
        return headings[_bare(match.group(1))], match.group(2)
    return None, ""


def _bare(text: str) -> str:
    bare = text.strip(" :#*=_-–—|•.\t")
    if _SPACED.fullmatch(re.sub(r" {2,}", " ", bare)) and all(len(word) == 1 for word in bare.split()):
        bare = " ".join(word.replace(" ", "") for word in re.split(r" {2,}", bare))
    return " ".join(bare.lower().replace("&", "and").replace("/", " ").split())
