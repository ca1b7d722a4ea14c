"""Frameworks and the facets that their elements are made of, read from data files."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from ai_service.coaching.coaching import Framework
from ai_service.errors import ResourceError

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Rest:
    """A facet that is counted from the sentences of another, `base`: how (`by`), and the least count."""

    base: str
    by: str
    least: int


@dataclass(frozen=True, slots=True)
class Facet:
    """One thing that a sentence can show. `within` is the part of the answer, from 0 to 1, where it counts."""

    id: str
    found: str
    lacking: str
    question: str
    improvement: str
    cues: re.Pattern[str] | None
    cues_only: bool
    names_subject: bool
    within: tuple[float, float]
    rests: Rest | None


@dataclass(frozen=True, slots=True)
class Facets:
    """The facets of a kind of answers, and the prototype sentences, each with the facets that it shows."""

    kind: str
    facets: Mapping[str, Facet]
    prototypes: tuple[tuple[str, frozenset[str]], ...]


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a framework. One facet makes it partially addressed, each set in `well` makes it well addressed."""

    id: str
    title: str
    asks: str
    facets: tuple[str, ...]
    well: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class FrameworkText:
    """A framework: its elements in their order, its title and how an answer by it is ordered."""

    framework: Framework
    version: str
    title: str
    structure: str
    facets: Facets
    elements: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """The framework of the questions that have a cue; every question where there are none."""

    framework: Framework
    reason: str
    cues: re.Pattern[str] | None

    def fits(self, question: str) -> bool:
        """Whether the framework is the one for this question."""
        return self.cues is None or self.cues.search(question) is not None


@lru_cache(maxsize=1)
def load_frameworks() -> Mapping[Framework, FrameworkText]:
    """Every framework. Raises `ResourceError` when a file is not as its schema says."""
    kinds: dict[str, Facets] = {}
    found: dict[Framework, FrameworkText] = {}
    for framework in Framework:
        data = read_data(f"frameworks/{framework.value}.yaml")
        try:
            kind = data["facets"]
            if kind not in kinds:
                kinds[kind] = _facets(read_data(f"facets/{kind}.yaml"))
            elements = tuple(
                Element(
                    one["id"],
                    one["title"],
                    one["asks"],
                    tuple(one["facets"]),
                    tuple(tuple(names) for names in one["well"]),
                )
                for one in data["elements"]
            )
            named = {name for one in elements for name in (*one.facets, *(name for some in one.well for name in some))}
            if unknown := named - set(kinds[kind].facets):
                raise ValueError(f"there are no facets {sorted(unknown)}")
            found[framework] = FrameworkText(
                framework, data["version"], data["title"], data["structure"].strip(), kinds[kind], elements
            )
        except (KeyError, TypeError, ValueError, re.error) as error:
            raise ResourceError(f"the framework {framework.value} cannot be read: {error!r}") from error
    return found


@lru_cache(maxsize=1)
def load_choices() -> tuple[Choice, ...]:
    """How a framework is chosen: the first that fits. Raises `ResourceError`."""
    try:
        return tuple(
            Choice(Framework(one["framework"]), one["reason"], any_of(one["cues"]) if one["cues"] else None)
            for one in read_data("choice.yaml")
        )
    except (KeyError, TypeError, ValueError, re.error) as error:
        raise ResourceError(f"choice.yaml of the frameworks cannot be read: {error!r}") from error


def chosen_for(question: str) -> Choice:
    """The framework that fits a question."""
    return next(one for one in load_choices() if one.fits(question))


def read_data(name: str) -> Any:
    """A data file of coaching. Raises `ResourceError`."""
    try:
        return yaml.load((FOLDER / name).read_bytes(), Loader=yaml.CSafeLoader)
    except (OSError, yaml.YAMLError) as error:
        raise ResourceError(f"{name} of coaching cannot be read: {error!r}") from error


def any_of(cues: Sequence[str]) -> re.Pattern[str]:
    """A pattern that finds any of the cues between word boundaries."""
    return re.compile(rf"(?<![\w'])(?:{'|'.join(cues)})(?![\w'])", re.IGNORECASE)


def _facets(data: dict[str, Any]) -> Facets:
    facets = {name: _facet(name, one) for name, one in data["facets"].items()}
    for facet in facets.values():
        if facet.rests is not None and facet.rests.base not in facets:
            raise ValueError(f"{facet.id} rests on {facet.rests.base}, which is none")
    prototypes = tuple(
        (sentence, frozenset(group["shows"])) for group in data["prototypes"] for sentence in group["sentences"]
    )
    if unknown := {name for _, names in prototypes for name in names} - set(facets):
        raise ValueError(f"prototypes show {sorted(unknown)}, which are no facets")
    return Facets(data["kind"], facets, prototypes)


def _facet(name: str, data: dict[str, Any]) -> Facet:
    rests = data.get("rests")
    first, last = data.get("within", (0.0, 1.0))
    return Facet(
        name,
        data["found"],
        data["lacking"],
        data["question"],
        data["improvement"],
        any_of(data["cues"]) if "cues" in data else None,
        data.get("cues_only", False),
        data.get("names_subject", False),
        (float(first), float(last)),
        None if rests is None else Rest(rests["base"], rests["by"], rests.get("least", 1)),
    )
