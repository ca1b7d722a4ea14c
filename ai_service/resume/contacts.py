"""A resume's lines without what tells who the candidate is and how to reach him."""

import calendar
import re
import unicodedata
from collections.abc import Sequence

from ai_service.resume.skills import load_catalogue
from ai_service.resume.words import load_words

_EMAIL = re.compile(r"[\w.+-]{1,64}\s?(?:@|\(at\)|\[at\])\s?[\w-]{1,64}(?:\.[\w-]{1,64}){1,4}", re.IGNORECASE)
_LINK = re.compile(
    r"(?:https?://|www\.)\S+"
    r"|\b[\w-]{1,64}(?:\.[\w-]{1,64}){0,3}\.(?:com|org|net|io|dev|me|co|ai|app|in|de|uk|fr|edu|info|xyz)\b/?[^\s|,;)]*"
    r"|\b(?:linkedin|github|gitlab|twitter|medium)(?:\.com)?/[^\s|,;)]+"
    r"|(?<![\w@])@[A-Za-z_]\w{2,30}",
    re.IGNORECASE,
)
# Names that look like hosts.
_NOT_A_LINK = re.compile(r"(?:asp|ado|vb|ml)\.net|socket\.io|draw\.io", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w.])(?:\+|00)?\(?\d[\d\s().\-–/]{6,20}\d(?![\w%])")
_YEAR_RANGE = re.compile(
    r"(?:(?:0?[1-9]|1[0-2])[/.])?(?:19|20)\d\d\s*[-–/]\s*(?:(?:0?[1-9]|1[0-2])[/.])?(?:19|20)?\d\d"
)
_POSTCODE = re.compile(r"\b(?:[A-Z]{2},? \d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}|\d{5,6},? [A-Z][a-z]+)\b")
_SPLIT = re.compile(r"\s*[|•·⋅●▪]\s*|\t+| {3,}")
_NAME = re.compile(r"[^\W\d_][\w'’.-]*(?: [^\W\d_][\w'’.-]*){1,4}|[\u4e00-\u9fff]{2,4}")
_PARTICLES = frozenset(["van", "von", "de", "der", "den", "da", "di", "del", "la", "le", "bin", "al", "el", "y", "dos"])
_MONTHS = frozenset(name.lower() for name in calendar.month_name if name)
_TOP_LINES = 8


def without_contacts(lines: Sequence[str]) -> list[str]:
    """The lines with the candidate's name, addresses, numbers and links gone; a line that held nothing else is empty.

    The number of lines stays.
    """
    names = _names(lines)
    words = load_words()
    kept = []
    for number, line in enumerate(lines):
        parts = [_reduced(part, names, top=number < _TOP_LINES) for part in _SPLIT.split(line)]
        if words.personal.match(line):
            parts = []
        kept.append(" | ".join(part for part in parts if part.strip(" ,;:-–()[]<>/")))
    return kept


def _reduced(part: str, names: Sequence[re.Pattern[str]], *, top: bool) -> str:
    words = load_words()
    if words.personal.match(part) or words.streets.search(part) or (top and _POSTCODE.search(part)):
        return ""
    part = _EMAIL.sub("", part)
    part = _LINK.sub(lambda link: link.group() if _NOT_A_LINK.fullmatch(link.group()) else "", part)
    part = _PHONE.sub(_unless_date, part)
    for name in names:
        part = name.sub("", part)
    return re.sub(r"\(\s*\)|\[\s*\]|<\s*>", "", part).rstrip()


def _unless_date(number: re.Match[str]) -> str:
    text = number.group()
    digits = sum(map(str.isdigit, text))
    dated = _YEAR_RANGE.search(text) is not None
    return text if dated or not 8 <= digits <= 15 else ""


def _names(lines: Sequence[str]) -> list[re.Pattern[str]]:
    """What finds the candidate's name: as a whole anywhere, and its parts where they are written as names."""
    name = _labelled_name(lines) or _top_name(lines)
    if name is None:
        return []
    catalogue = load_catalogue()
    parts = [
        part
        for part in re.split(r"[ .]+", name)
        if len(part) >= 3 and part.lower() not in _MONTHS and catalogue.named(part) is None
    ]
    forms = {form for part in parts for form in (part, part.capitalize(), part.upper())}
    whole = re.compile(r"\W+".join(map(re.escape, name.split())), re.IGNORECASE)
    if not forms:
        return [whole]
    return [whole, re.compile(rf"(?<!\w)(?:{'|'.join(sorted(map(re.escape, forms), key=len, reverse=True))})(?!\w)")]


def _labelled_name(lines: Sequence[str]) -> str | None:
    for line in lines[:_TOP_LINES]:
        match = re.match(r"\s*(?:full )?name\s*[:=]\s*([^|•·\t]{3,60})", line, re.IGNORECASE)
        if match:
            return match.group(1).strip()
    return None


def _top_name(lines: Sequence[str]) -> str | None:
    top = [part for line in lines[:_TOP_LINES] for part in _SPLIT.split(line) if part.strip()]
    email = _EMAIL.search(" ".join(lines))
    local = re.sub(r"[^a-z]", "", _plain(email.group().partition("@")[0])) if email else ""
    candidates = [one for one in (_as_name(part) for part in top) if one]
    for one in candidates:
        if any(len(part) >= 3 and _plain(part) in local for part in one.split()):
            return one
    return candidates[0] if candidates else None


def _as_name(part: str) -> str | None:
    text = re.sub(
        r"^(?:mr|mrs|ms|dr|prof)\.? |,? (?:ph\.?d|m\.?sc|mba|b\.?sc)\.?$", "", part.strip(" ,-–#*"), flags=re.IGNORECASE
    )
    words = load_words()
    if not _NAME.fullmatch(text) or len(text) > 50 or text.lower().strip(":") in words.headings:
        return None
    if words.titles.search(text) or words.institutions.search(text) or load_catalogue().find(text):
        return None
    if text.lower() in {"curriculum vitae", "resume", "cv", "résumé"}:
        return None
    proper = [word for word in text.split() if word.lower() not in _PARTICLES]
    return text if all(word[0].isupper() or not word[0].islower() for word in proper) else None


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.lower())
    return "".join(character for character in folded if not unicodedata.combining(character))
