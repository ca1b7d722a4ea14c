"""The skills that a text names."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from ai_service.errors import ResourceError
from ai_service.resume.words import read_data

# Words and symbols of which names of skills are made: "C++", "C#" and ".NET" are one each, "CI/CD" and "Node.js" two.
_ATOM = re.compile(r"\.net(?![a-z])|[^\W_]+(?:\+\+|#)?", re.IGNORECASE)
_PARTING = re.compile(r"[,;|•:\t]|[.!?] ")
_SEPARATOR = re.compile(r"[,;|•·/]|\band\b")
# What a candidate says that he lacks.
_LACKED = re.compile(
    r"\b(?:(?:no|little|without|lacking) (?:\w+ ){0,2}(?:experience|knowledge) (?:with|in|of)"
    r"|not (?:yet )?(?:familiar|experienced) with|unfamiliar with|never (?:used|worked with)"
    r"|(?:want|wants|wish|hope|hoping|eager|looking|plan|planning|keen|like) to learn"
    r"|interested in learning)\b[^.;\n]*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Form:
    skill: str
    written: str = ""
    listed: bool = False
    parted: bool = False

    def fits(self, text: str) -> bool:
        """Whether a text of its words is this form: "AWS, CloudFormation" is not "AWS CloudFormation"."""
        return self.written in ("", text) and (self.parted or not _PARTING.search(text))


@dataclass(frozen=True, slots=True)
class _Mention:
    form: _Form
    line: int
    place: int


class Catalogue:
    """The skills of `skills.yaml`, found in time linear in the text."""

    def __init__(self, entries: Sequence[Mapping[str, object]]) -> None:
        self._forms: dict[tuple[str, ...], list[_Form]] = {}
        self._last: set[str] = set()
        self.names: dict[str, str] = {}
        for entry in entries:
            name = str(entry["name"])
            self.names[name.lower()] = name
            if entry["kind"] == "people":
                self._last.add(name)
            bounded = [(str(form), False) for form in _texts(entry.get("exact"))]
            bounded += [(str(form), True) for form in _texts(entry.get("listed"))]
            for written, listed in bounded:
                self._add(written, _Form(name, written, listed, parted="," in written))
            free = _texts(entry.get("aliases"))
            if name not in {written for written, _ in bounded}:
                free = [name, *free]
            for alias in free:
                self._add(alias, _Form(name, parted="," in alias))
        self._longest = max(map(len, self._forms))

    def _add(self, text: str, form: _Form) -> None:
        self._forms.setdefault(atoms(text), []).append(form)

    def find(self, text: str, *, skill_lines: frozenset[int] = frozenset()) -> tuple[str, ...]:
        """Names of the skills that the text names: those in `skill_lines` first, then the ones named most often.

        `skill_lines` are the numbers of the lines that list skills. What the candidate says he lacks is not counted.
        """
        text = _LACKED.sub(lambda lacked: re.sub(r"\S", " ", lacked.group()), text)
        found: list[_Mention] = []
        for number, line in enumerate(text.splitlines()):
            mentions = [_Mention(form, number, place) for form, place in self._in_line(line)]
            sure = len({mention.form.skill for mention in mentions if not mention.form.listed})
            is_list = number in skill_lines or (sure >= 2 and len(_SEPARATOR.findall(line)) >= 2)
            found += [mention for mention in mentions if is_list or not mention.form.listed]
        counts: dict[str, int] = {}
        first: dict[str, tuple[bool, int, int]] = {}
        for mention in found:
            skill = mention.form.skill
            counts[skill] = counts.get(skill, 0) + 1
            place = (mention.line not in skill_lines, mention.line, mention.place)
            first[skill] = min(first.get(skill, place), place)
        return tuple(sorted(counts, key=lambda name: (name in self._last, first[name][0], -counts[name], first[name])))

    def named(self, text: str) -> str | None:
        """The skill that a whole text is a form of, None when it is no form of one."""
        forms = self._forms.get(atoms(text), ())
        return next((form.skill for form in forms), None)

    def _in_line(self, line: str) -> Iterator[tuple[_Form, int]]:
        """Forms from left to right, the longest at each place."""
        words = [(match.group(), match.start(), match.end()) for match in _ATOM.finditer(line)]
        lowered = [word.lower() for word, _, _ in words]
        place = 0
        while place < len(words):
            for length in range(min(self._longest, len(words) - place), 0, -1):
                forms = self._forms.get(tuple(lowered[place : place + length]))
                written = line[words[place][1] : words[place + length - 1][2]] if forms else ""
                form = next((one for one in forms or () if one.fits(written)), None)
                if form is not None:
                    yield form, place
                    place += length
                    break
            else:
                place += 1


def atoms(text: str) -> tuple[str, ...]:
    """The words and symbols of a text in lower case."""
    return tuple(match.group().lower() for match in _ATOM.finditer(text))


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


@cache
def load_catalogue() -> Catalogue:
    """Read `skills.yaml`. Raises `ResourceError` when it is not as `skills.schema.json` says."""
    try:
        return Catalogue(read_data("skills.yaml"))
    except (KeyError, TypeError, ValueError) as error:
        raise ResourceError(f"skills.yaml is not as it should be: {error!r}") from error
