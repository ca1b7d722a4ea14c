"""Rounds as they are planned: what a candidate wants, and what is usual for a job."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from chat_service.engine.models import Difficulty
from chat_service.errors import invalid
from chat_service.interviews.claims import MAX_QUESTIONS
from chat_service.interviews.round_types import RoundState, RoundType
from chat_service.interviews.tables import Round
from chat_service.storage.ids import new_id

PLANS = Path(__file__).parent / "round_plans.json"
MAX_ROUNDS = 10
MAX_ROUND_QUESTIONS = 20


class Seniority(StrEnum):
    """How experienced somebody is to be."""

    JUNIOR = "junior"
    MID = "mid"
    SENIOR = "senior"
    LEAD = "lead"


_DIFFICULTY = {Seniority.JUNIOR: Difficulty.EASY, Seniority.MID: Difficulty.MEDIUM}


@dataclass(frozen=True, slots=True)
class WantedRound:
    """A round of an interview to be: `question_count` is 1 to 20."""

    name: str
    type: RoundType
    question_count: int
    duration_minutes: int | None = None
    description: str | None = None
    focus_areas: Sequence[str] = ()

    def row(self, number: int, *, user_id: UUID, interview_id: UUID) -> Round:
        """Its row, as the interview's round of this number."""
        return Round(
            id=new_id(),
            user_id=user_id,
            interview_id=interview_id,
            number=number,
            name=self.name,
            type=self.type.value,
            description=self.description,
            focus_areas=list(self.focus_areas),
            duration_minutes=self.duration_minutes,
            question_count=self.question_count,
            state=RoundState.PENDING.value,
        )


@dataclass(frozen=True, slots=True)
class SuggestedRounds:
    """The rounds that are usual for a job of this family and seniority, in order."""

    family: str
    seniority: Seniority
    rounds: tuple[WantedRound, ...]


@dataclass(frozen=True, slots=True)
class _Family:
    id: str
    keywords: re.Pattern[str]
    rounds: Mapping[Seniority, tuple[WantedRound, ...]]


@dataclass(frozen=True, slots=True)
class _Plans:
    families: tuple[_Family, ...]
    seniorities: tuple[tuple[Seniority, re.Pattern[str]], ...]


def suggest_rounds(
    job_role: str, *, job_description: str | None = None, experience_level: str | None = None
) -> SuggestedRounds:
    """The usual rounds for a job.

    The family of jobs is the one most of whose keywords the role has, else the description. The seniority is read from
    the experience level, else the role, else the description, where years count too: it is "mid" when nothing says it.
    """
    plans = _plans()
    seniority = _first_seniority(plans, (experience_level, job_role, job_description))
    family = _family(plans, job_role) or _family(plans, job_description or "") or plans.families[-1]
    return SuggestedRounds(family.id, seniority, family.rounds[seniority])


def usual_difficulty(job_role: str, *, job_description: str | None = None) -> Difficulty:
    """How hard the questions for a job are where nobody has said it: easy for juniors, hard from senior on."""
    seniority = _first_seniority(_plans(), (job_role, job_description))
    return _DIFFICULTY.get(seniority, Difficulty.HARD)


def minutes_of(rounds: Sequence[WantedRound]) -> int | None:
    """How long rounds take together; None where one does not say it, and for none at all."""
    minutes = [one.duration_minutes or 0 for one in rounds]
    return sum(minutes) if minutes and all(minutes) else None


def require_rounds(rounds: Sequence[WantedRound]) -> None:
    """Raises INVALID for rounds that no interview can have."""
    if len(rounds) > MAX_ROUNDS:
        raise invalid("rounds", f"are {len(rounds)}; an interview has at most {MAX_ROUNDS}")
    for place, one in enumerate(rounds):
        if not 1 <= one.question_count <= MAX_ROUND_QUESTIONS:
            raise invalid(f"rounds.{place}.question_count", f"must be from 1 to {MAX_ROUND_QUESTIONS}")
    total = sum(one.question_count for one in rounds)
    if total > MAX_QUESTIONS:
        raise invalid("rounds", f"have {total} questions; an interview has at most {MAX_QUESTIONS}")


def _family(plans: _Plans, words: str) -> _Family | None:
    found = {one.id: len(set(one.keywords.findall(words.lower()))) for one in plans.families}
    best = max(plans.families, key=lambda one: found[one.id])
    return best if found[best.id] else None


def _first_seniority(plans: _Plans, texts: Sequence[str | None]) -> Seniority:
    return next((found for text in texts if (found := _seniority(plans, text))), Seniority.MID)


def _seniority(plans: _Plans, text: str | None) -> Seniority | None:
    if not text:
        return None
    words = text.lower()
    named = next((seniority for seniority, pattern in plans.seniorities if pattern.search(words)), None)
    if named is not None:
        return named
    years = re.search(r"(\d{1,2})\s*\+?\s*(?:-\s*\d{1,2}\s*)?(?:years?|yrs?)", words)
    if years is None:
        return None
    count = int(years.group(1))
    return Seniority.JUNIOR if count < 2 else Seniority.MID if count < 5 else Seniority.SENIOR


@lru_cache(maxsize=1)
def _plans() -> _Plans:
    data: dict[str, Any] = json.loads(PLANS.read_text("utf-8"))
    read = TypeAdapter(WantedRound).validate_python
    rounds = {name: read({"question_count": 5, **one}) for name, one in data["rounds"].items()}
    return _Plans(
        families=tuple(
            _Family(
                one["id"],
                _words(one["keywords"]),
                {Seniority(level): tuple(rounds[name] for name in names) for level, names in one["rounds"].items()},
            )
            for one in data["families"]
        ),
        seniorities=tuple((Seniority(one["seniority"]), _words(one["keywords"])) for one in data["seniorities"]),
    )


def _words(keywords: Sequence[str]) -> re.Pattern[str]:
    return re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, keywords)) + r")(?![\w-])" if keywords else r"(?!)")
