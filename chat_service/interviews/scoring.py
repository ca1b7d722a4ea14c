"""An interview's score out of how its answers were said, with the weight of each part."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from chat_service.engine.models import Evaluation
from chat_service.interviews.archive import Archive
from chat_service.interviews.facets import Facets, average_facets, facets, quality
from chat_service.interviews.interview import InterviewDetails
from chat_service.interviews.question_sets import QuestionSets, QuestionStatus, SetQuestion
from chat_service.interviews.reporting import Reporting
from chat_service.interviews.states import InterviewState

# Those of contract 004.
WEIGHTS: Mapping[str, float] = {"relevance": 0.35, "grammar": 0.20, "fluency": 0.25, "keywords": 0.20}

# McGill University's undergraduate scale, as the reports have it.
_LETTERS = ((85, "A"), (80, "A-"), (75, "B+"), (70, "B"), (65, "B-"), (60, "C+"), (55, "C"), (50, "D"), (0, "F"))

_OPEN = {QuestionStatus.OPEN, QuestionStatus.PENDING}
_NOTHING_SCORED = "No answer has a score yet."


@dataclass(frozen=True, slots=True)
class WeightedPart:
    """A part of a score: the percentage as it was measured, and what of it the score counts.

    Both are None where nothing was measured; the other parts then share its weight.
    """

    raw: float | None
    weighted: float | None


@dataclass(frozen=True, slots=True)
class WeightedScore:
    """The sum of the weighted parts, 0 to 100 with one decimal, and its letter; None when no part was measured."""

    total: float | None
    letter_grade: str | None
    parts: Mapping[str, WeightedPart]


@dataclass(frozen=True, slots=True)
class QuestionScore:
    """The score of one answer. `score` is the rubric's, which judges what was said."""

    question: SetQuestion
    weighted: WeightedScore
    score: float | None


@dataclass(frozen=True, slots=True)
class InterviewScores:
    """The scores of an interview and of its graded answers; `summary` says them in words.

    The parts are means over the answers with a score, of each rubric under its newest major version. The interview's
    own `overall_score` is the rubric's and stands beside them.
    """

    interview: InterviewDetails
    weighted: WeightedScore
    questions: tuple[QuestionScore, ...]
    summary: str


class Scoring:
    """Gives weighted scores."""

    def __init__(self, archive: Archive, question_sets: QuestionSets, reporting: Reporting) -> None:
        self._archive = archive
        self._question_sets = question_sets
        self._reporting = reporting

    async def scores(self, user_id: UUID, interview_id: UUID) -> InterviewScores:
        """The scores as they stand. Raises NOT_FOUND."""
        interview = await self._archive.interview(user_id, interview_id)
        return _scores(interview, await self._question_sets.questions(user_id, interview_id))

    async def final(self, user_id: UUID, interview_id: UUID) -> InterviewScores:
        """The scores; an interview in progress whose questions are all answered is completed first.

        Raises NOT_FOUND, and UNAVAILABLE when it cannot be completed now.
        """
        interview = await self._archive.interview(user_id, interview_id)
        questions = await self._question_sets.questions(user_id, interview_id)
        finished = interview.questions_asked >= interview.question_limit and not _OPEN & {
            one.status for one in questions
        }
        if interview.state is InterviewState.IN_PROGRESS and finished:
            interview = (await self._reporting.end(user_id, interview_id)).interview
        return _scores(interview, questions)


def weighted(measured: Facets) -> WeightedScore:
    """The weighted score of percentages."""
    raw: dict[str, float | None] = {name: getattr(measured, name) for name in WEIGHTS}
    known = sum(WEIGHTS[name] for name, value in raw.items() if value is not None)
    counted = {name: value * WEIGHTS[name] / known for name, value in raw.items() if value is not None}
    total = round(sum(counted.values()), 1) if counted else None
    parts = {
        name: WeightedPart(value, round(counted[name], 1) if name in counted else None) for name, value in raw.items()
    }
    return WeightedScore(total, letter_grade(total), parts)


def letter_grade(score: float | None) -> str | None:
    """The letter of a score from 0 to 100, None for none."""
    return None if score is None else next(letter for start, letter in _LETTERS if score >= start)


def keyword_score(evaluation: Evaluation, answer: str, expected: Iterable[str]) -> float | None:
    """The share of the question's keywords and of those that the asker adds that an answer has, as a percentage.

    Added keywords can only be asked for beside the question's own: the share is never above that of these. A keyword
    is found as whole words, in any case. None for an answer without a score.
    """
    delivery = evaluation.delivery
    own = facets(evaluation).keywords
    if evaluation.score is None:
        return None
    known = {one.casefold() for one in (*delivery.keywords_found, *delivery.keywords_missing)}
    added = {one.casefold(): _says(answer, one) for one in expected if one.casefold() not in known}
    if not added:
        return own
    found = len(delivery.keywords_found) + sum(added.values())
    share = round(100 * found / (len(known) + len(added)), 1)
    return share if own is None else min(own, share)


def _scores(interview: InterviewDetails, questions: Sequence[SetQuestion]) -> InterviewScores:
    graded = [
        (one, one.turn.answer.evaluation)
        for one in questions
        if one.turn.answer is not None and one.turn.answer.evaluation is not None
    ]
    score = weighted(average_facets([evaluation for _, evaluation in graded]))
    return InterviewScores(
        interview=interview,
        weighted=score,
        questions=tuple(QuestionScore(one, weighted(facets(found)), found.score) for one, found in graded),
        summary=_summary(score),
    )


def _summary(score: WeightedScore) -> str:
    measured = sorted((part.raw, name) for name, part in score.parts.items() if part.raw is not None)
    word = quality(score.total)
    if word is None or not measured:
        return _NOTHING_SCORED
    (least, weakest), (most, strongest) = measured[0], measured[-1]
    told = f"{word.value.capitalize()} performance"
    if least == most:
        return f"{told}, even in all that was measured."
    return f"{told}, strongest in {strongest} ({most:g}) and weakest in {weakest} ({least:g})."


def _says(answer: str, keyword: str) -> bool:
    words = r"\s+".join(re.escape(word) for word in keyword.split())
    return bool(words) and re.search(rf"(?<!\w){words}(?!\w)", answer, re.IGNORECASE) is not None
