"""Which parts of the bank an interview draws on.

Every domain but `role` is served by its own questions. A role interview mixes the questions written for the role with
those of the domains that the role lives by: `composition.yaml` knows families of jobs by the words of the job role,
else of the skills and the focus areas, else of the job description, else of the resume, and has a mix for the others.
Focus areas that belong to another family than the role bring in its parts as well. A question keeps its own domain, by
which it is graded.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from ai_service.errors import ResourceError
from ai_service.interviewing.interview import Domain, InterviewContext

COMPOSITION_FILE = Path(__file__).parent / "composition.yaml"

# What the family of the focus areas gets of an interview for a role of another family.
_FOCUS_SHARE = 0.4

# From parts of the bank, as `BankQuestion.source` names them, to their shares, which add up to 1.
Shares = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class RoleFamily:
    """A family of jobs: the patterns of its keywords and of words that it shares with others, and the shares."""

    id: str
    keywords: re.Pattern[str]
    also: re.Pattern[str] | None
    shares: Shares

    def is_at_home(self, area: str) -> bool:
        """Whether an area of knowledge belongs to these jobs, if perhaps to others as well."""
        patterns = [self.keywords, *([self.also] if self.also else [])]
        return any(pattern.search(area.lower()) for pattern in patterns)


@dataclass(frozen=True, slots=True)
class Composition:
    """Shares of the bank's parts for every domain of interviews."""

    by_domain: Mapping[Domain, Shares]
    role_default: Shares
    role_families: tuple[RoleFamily, ...]

    def shares(self, context: InterviewContext) -> Shares:
        """The parts of the bank that serve this interview, with their shares."""
        if context.domain is not Domain.ROLE:
            return self.by_domain[context.domain]
        chosen = " ; ".join((*context.skills, *context.focus_areas))
        texts = (context.job_role, chosen, context.job_description, context.resume)
        family = next((found for text in texts if (found := self._family(text))), None)
        shares = family.shares if family else self.role_default
        foreign = [area for area in context.focus_areas if not (family and family.is_at_home(area))]
        focus = self._family(" ; ".join(foreign))
        return _blended(shares, focus.shares) if focus else shares

    def _family(self, words: str) -> RoleFamily | None:
        """The family most of whose keywords occur, the first among equals; None where none does."""
        found = {family.id: len(set(family.keywords.findall(words.lower()))) for family in self.role_families}
        best = max(self.role_families, key=lambda family: found[family.id], default=None)
        return best if best and found[best.id] else None


@lru_cache(maxsize=1)
def load_composition() -> Composition:
    """Read `composition.yaml`. Raises `ResourceError` when it is not as its head says."""
    try:
        data: dict[str, Any] = yaml.load(COMPOSITION_FILE.read_bytes(), Loader=yaml.CSafeLoader)
        families = tuple(
            RoleFamily(
                family["id"],
                _pattern(family["keywords"]),
                _pattern(family["also"]) if "also" in family else None,
                _shares(family["shares"]),
            )
            for family in data["role"]["families"]
        )
        by_domain = {Domain(name): _shares(shares) for name, shares in data["domains"].items()}
        missing = set(Domain) - set(by_domain) - {Domain.ROLE}
        if missing:
            raise ValueError(f"no shares for {sorted(missing)}")
        return Composition(by_domain, _shares(data["role"]["default"]), families)
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise ResourceError(f"{COMPOSITION_FILE} cannot be read: {error!r}") from error


def _blended(shares: Shares, focus: Shares) -> Shares:
    parts = {**shares, **focus}
    return {name: (1 - _FOCUS_SHARE) * shares.get(name, 0.0) + _FOCUS_SHARE * focus.get(name, 0.0) for name in parts}


def _pattern(words: list[str]) -> re.Pattern[str]:
    return re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, words)) + r")s?(?![\w-])")


def _shares(record: dict[str, float]) -> Shares:
    shares = {name: float(share) for name, share in record.items()}
    for name in shares:
        Domain(name.partition("/")[0])
    if abs(sum(shares.values()) - 1) > 1e-9:
        raise ValueError(f"the shares {record} do not add up to 1")
    return shares
