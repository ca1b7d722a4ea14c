"""Texts as they are compared: without case, kinds of white space and what cannot be seen, with the way back."""

import re
import unicodedata

_DASHES = dict.fromkeys("‐‑‒–—―−﹘﹣－", "-")
_QUOTATION_MARKS = {**dict.fromkeys("‘’‚‛′`´", "'"), **dict.fromkeys("“”„‟«»", '"')}
_SAME = {**_DASHES, **_QUOTATION_MARKS}
_RUN = re.compile(r"\s+|\S+")


def fold(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its characters the place in `text` that it comes from.

    Case, kinds of white space (any run becomes one space), quotation mark and dash, Unicode's compatibility forms
    (NFKD) and invisible format characters make no difference.
    """
    folded: list[str] = []
    places: list[int] = []
    for run in _RUN.finditer(text):
        if run.group().isspace():
            _append_space(folded, places, run.start())
        elif run.group().isascii():
            folded.append(run.group().lower().replace("`", "'"))
            places.extend(range(run.start(), run.end()))
        else:
            for place in range(run.start(), run.end()):
                _append(folded, places, text[place], place)
    return "".join(folded), places


def _append(folded: list[str], places: list[int], character: str, place: int) -> None:
    if unicodedata.category(character) == "Cf":
        return
    for part in unicodedata.normalize("NFKD", _SAME.get(character, character)).casefold():
        same = _SAME.get(part, part)
        if same.isspace():
            _append_space(folded, places, place)
        else:
            folded.append(same)
            places.append(place)


def _append_space(folded: list[str], places: list[int], place: int) -> None:
    if not folded or folded[-1] != " ":
        folded.append(" ")
        places.append(place)
