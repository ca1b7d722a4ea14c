"""Which parts of the bank an interview draws on.

Every domain but `role` is served by its own questions. A role interview mixes the questions written for the role with
those of the domains that the role lives by: `composition.yaml` knows families of jobs by the words of the job role, the
skills and the focus areas, else by those of the job description and the resume, and has a mix for the others. A
question keeps its own domain, by which it is graded.
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

# From parts of the bank, as `BankQuestion.source` names them, to their shares, which add up to 1.
Shares = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class RoleFamily:
    """A family of jobs: the pattern of its keywords and the shares of the bank's parts."""

    id: str
    keywords: re.Pattern[str]
    shares: Shares


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
        chosen = " ; ".join((context.job_role, *context.skills, *context.focus_areas))
        family = self._family(chosen) or self._family(context.job_description) or self._family(context.resume)
        return family.shares if family else self.role_default

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
                re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, family["keywords"])) + r")(?![\w-])"),
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


def _shares(record: dict[str, float]) -> Shares:
    shares = {name: float(share) for name, share in record.items()}
    for name in shares:
        Domain(name.partition("/")[0])
    if abs(sum(shares.values()) - 1) > 1e-9:
        raise ValueError(f"the shares {record} do not add up to 1")
    return shares
