"""Sentences and clauses of a text, with exact offsets in code points."""

import re
from dataclasses import dataclass

from ai_service.grading.words import read_list

_LONGEST = 45  # words; speech without full stops is cut at its joints, or at this length
_SHORTEST_CLAUSE = 4
# A run of stops is tried from its first one only, and nothing is given back: linear in any text.
_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’)\]]*+(?=\s|$)|[。！？]|\n++|;(?=\s)")
_BULLET = re.compile(r"\s*(?:[-*•–]|\(?\d{1,2}[.)])\s+")
_JOINT = re.compile(
    r"[,:](?=\s)|\s[–—-]\s|—"
    r"|\s(?=(?:but|because|so|while|whereas|although|which|then|and then|and so|since|if|when|unless)\s)",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"\S+")
_ABBREVIATIONS = read_list("abbreviations.txt")


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]`, without white space at its ends."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and the clauses it is made of (itself alone when it has no joints)."""

    start: int
    end: int
    clauses: tuple[Span, ...]


def sentences_of(text: str) -> list[Sentence]:
    """Split `text` at full stops, line ends and semicolons; runs of over 45 words are cut further."""
    return [
        Sentence(span.start, span.end, tuple(_clauses(text, span)))
        for start, end in _pieces(text)
        for span in _bounded(text, start, end)
    ]


def runs_of(text: str) -> list[Span]:
    """Split `text` at full stops, line ends and semicolons only, however long the runs between them are."""
    spans = (_run(text, start, end) for start, end in _pieces(text))
    return [span for span in spans if span is not None]


def _pieces(text: str) -> list[tuple[int, int]]:
    pieces = []
    start = 0
    for match in _END.finditer(text):
        if match.group().startswith(".") and _is_abbreviation(text, start, match.start()):
            continue
        pieces.append((start, match.end()))
        start = match.end()
    pieces.append((start, len(text)))
    return pieces


def _is_abbreviation(text: str, start: int, dot: int) -> bool:
    last = text[start:dot].rsplit(None, 1)
    word = last[-1].lower().lstrip("(\"'[") if last else ""
    return word in _ABBREVIATIONS or (word.isdigit() and len(text[start:dot].strip()) <= 2)


def _bounded(text: str, start: int, end: int) -> list[Span]:
    span = _run(text, start, end)
    if span is None:
        return []
    if len(_TOKEN.findall(text, span.start, span.end)) <= _LONGEST:
        return [span]
    return _packed(text, span)


def _run(text: str, start: int, end: int) -> Span | None:
    if (bullet := _BULLET.match(text, start, end)) is not None:
        start = bullet.end()
    return _stripped(text, start, end)


def _packed(text: str, span: Span) -> list[Span]:
    """Cut a long run at its joints into parts of at most 45 words; a part without joints is cut by length."""
    tokens = [(match.start(), match.end()) for match in _TOKEN.finditer(text, span.start, span.end)]
    joints = {match.end() for match in _JOINT.finditer(text, span.start, span.end)}
    parts: list[Span] = []
    first = 0
    last_joint: int | None = None
    for index, (start, _) in enumerate(tokens):
        if index - first >= _LONGEST // 2 and any(place in joints for place in range(tokens[index - 1][1], start + 1)):
            last_joint = index
        if index - first >= _LONGEST:
            cut = last_joint if last_joint is not None and last_joint > first else index
            parts.append(Span(tokens[first][0], tokens[cut - 1][1]))
            first, last_joint = cut, None
    parts.append(Span(tokens[first][0], tokens[-1][1]))
    return parts


def _clauses(text: str, sentence: Span) -> list[Span]:
    """Cut at commas, dashes and conjunctions, joining parts of fewer than four words to the one before."""
    cuts = [sentence.start, *(match.end() for match in _JOINT.finditer(text, sentence.start, sentence.end))]
    cuts.append(sentence.end)
    clauses: list[Span] = []
    start = sentence.start
    for cut in cuts[1:]:
        span = _stripped(text, start, cut)
        is_last = cut == sentence.end
        if span is None:
            continue
        if len(_TOKEN.findall(text, span.start, span.end)) < _SHORTEST_CLAUSE:
            if not is_last:
                continue
            if clauses:
                span = Span(clauses.pop().start, span.end)
        clauses.append(span)
        start = cut
    return clauses


def _stripped(text: str, start: int, end: int) -> Span | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end) if start < end else None
