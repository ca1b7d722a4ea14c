"""Texts as they read once a disguise is taken off: other alphabets' letters, digits for letters, codes and the like.

Each reading keeps the way back to the places of the text.
"""

import base64
import binascii
import html
import re
import string
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote

from ai_service.grading.folding import fold
from ai_service.grading.words import read_lines

_ESCAPE = re.compile(r"(?:%[0-9a-f]{2})+|&#?\w{1,8};", re.IGNORECASE)
_TOKEN = re.compile(r"[^\s]+")
_LEET = str.maketrans("013457@$", "oieastas")
_SWAPPED = re.compile(r"[a-z][0-9@$]|[0-9@$][a-z]")
# Letters one by one: "i g n o r e", "i.g.n.o.r.e".
_LETTERS = re.compile(r"(?<![a-z])(?:[a-z][ .*-]){5,}[a-z](?![a-z])")
_CODED = re.compile(r"(?<![\w+/=])(?:[A-Za-z0-9+/]{20,}={0,2}|(?:[0-9A-Fa-f]{2}){12,})(?![\w+/=])")
_ROT13 = str.maketrans(string.ascii_lowercase, string.ascii_lowercase[13:] + string.ascii_lowercase[:13])


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as read; `places[i]` is where its i-th character comes from."""

    text: str
    places: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where `text[start:end]`, which is not empty, comes from."""
        first, last = self.places[start], self.places[end - 1]
        return min(first, last), max(first, last) + 1


def plain_reading(text: str) -> Reading:
    """The text folded, with escapes resolved, accents and underscores gone, and look-alikes turned into letters."""
    folded, places = fold(text)
    if _ESCAPE.search(folded):
        folded, places = _unescaped(folded, places)
    if not folded.isascii():
        kept = [k for k, character in enumerate(folded) if not unicodedata.combining(character)]
        folded, places = "".join(folded[k] for k in kept), [places[k] for k in kept]
        folded = _TOKEN.sub(lambda token: _in_latin(token.group()), folded)
    return Reading(folded.replace("_", " "), places)


def other_readings(text: str, plain: Reading) -> Iterator[Reading]:
    """What else the text can be read as: each costs little and is mostly nonsense."""
    if _SWAPPED.search(plain.text):
        yield Reading(_TOKEN.sub(lambda token: _without_digits(token.group()), plain.text), plain.places)
    yield Reading(plain.text[::-1], plain.places[::-1])
    yield Reading(plain.text.translate(_ROT13), plain.places)
    for letters in _LETTERS.finditer(plain.text):
        kept = [k for k in range(letters.start(), letters.end()) if plain.text[k].isalpha()]
        yield Reading("".join(plain.text[k] for k in kept), [plain.places[k] for k in kept])
    for coded in _CODED.finditer(text):
        decoded = _decoded(coded.group())
        if decoded:
            # As long as what it stands for: every character comes from the whole of the code.
            ends = [coded.start(), *[coded.end() - 1] * (len(decoded) - 1)]
            yield Reading(decoded.lower(), ends)


def without_accents(text: str) -> str:
    """The text decomposed, without combining marks."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _without_digits(token: str) -> str:
    if token.isdigit() or not any(character.isalpha() for character in token):
        return token
    return token.translate(_LEET)


def _in_latin(token: str) -> str:
    """A word of Latin and other letters in Latin ones; a word of another alphabet alone stays what it is."""
    if token.isascii() or not any("a" <= character <= "z" for character in token):
        return token
    return token.translate(_look_alikes())


def _unescaped(text: str, places: Sequence[int]) -> tuple[str, list[int]]:
    parts: list[str] = []
    kept: list[int] = []
    last = 0
    for escape in _ESCAPE.finditer(text):
        plain = (unquote(escape.group()) if escape.group().startswith("%") else html.unescape(escape.group())).lower()
        parts += [text[last : escape.start()], plain]
        kept += [*places[last : escape.start()], *[places[escape.start()]] * len(plain)]
        last = escape.end()
    return "".join([*parts, text[last:]]), [*kept, *places[last:]]


def _decoded(code: str) -> str:
    """What base64 or hexadecimal digits stand for, "" unless it is plain text."""
    try:
        if len(code) % 2 == 0 and all(character in string.hexdigits for character in code):
            raw = bytes.fromhex(code)
        else:
            raw = base64.b64decode(code + "=" * (-len(code) % 4))
        decoded = raw.decode("ascii")
    except (binascii.Error, ValueError):
        return ""
    return decoded if decoded.isprintable() else ""


@cache
def _look_alikes() -> dict[int, str]:
    return {ord(alike): letter for letter, *others in map(str.split, read_lines("look_alikes.txt")) for alike in others}
