"""The evidence that a grading gives, held against the answer: which levels and points stand, and what is wrong."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from ai_service.grading.grade import PointStatus, Quote
from ai_service.grading.injections import injected_sentences
from ai_service.grading.segmentation import sentences_of
from ai_service.interviewing.interview import Question
from ai_service.interviewing.llm_engine.leaks import repeats
from ai_service.interviewing.llm_engine.replies import (
    CriterionJudgement,
    EvaluationDraft,
    PointJudgement,
)
from ai_service.interviewing.quotes import QuotedText, overlaps, says_something
from ai_service.interviewing.rubric import Rubric

J = TypeVar("J", CriterionJudgement, PointJudgement)

_MOST_QUOTES = 4


@dataclass(frozen=True, slots=True)
class Judged:
    """One criterion of a grading: level 0 to 4, or None when its level has no support in the answer."""

    level: int | None
    comment: str
    evidence: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """One expected point of a grading; what has no support in the answer is missed."""

    status: PointStatus
    quote: Quote | None


@dataclass(frozen=True, slots=True)
class Sample:
    """One grading with the evidence that was found; `criteria` by criterion id, `points` by point id."""

    criteria: dict[str, Judged]
    points: dict[str, Found]
    strengths: tuple[str, ...]
    improvements: tuple[str, ...]
    feedback: str


class Citations:
    """Finds the quotes of a model in an answer. What repeats the question or speaks to the grader is none."""

    def __init__(self, question: str, answer: str) -> None:
        self._answer = QuotedText(answer)
        self._asked = QuotedText(question)
        self._spoken_to_grader = _spoken_to_grader(answer)

    def find(self, text: str, place: str, problems: list[str]) -> Quote | None:
        """The piece of the answer that is quoted; None with the problem added, which names the `place`."""
        quote = self._answer.find(text)
        shown = " ".join(text.split())[:120]
        if quote is None:
            problems.append(f"{place}: the quote {shown!r} does not stand in the answer; copy it letter by letter")
        elif not says_something(quote.text) or self._asked.find(quote.text) is not None:
            problems.append(f"{place}: the quote {shown!r} shows nothing that the question does not say already")
            quote = None
        elif overlaps(quote, self._spoken_to_grader):
            problems.append(f"{place}: the quote {shown!r} speaks to the grader and answers nothing")
            quote = None
        return quote


@dataclass(slots=True)
class _Problems:
    found: list[str] = field(default_factory=list)

    def add(self, problem: str) -> None:
        self.found.append(problem)


class Evidence:
    """Reads gradings of one answer. What repeats the question or speaks to the grader is no evidence.

    A comment may say which level it explains; the other words to the candidate repeat none of the rubric.
    """

    def __init__(self, question: Question, answer: str, rubric: Rubric, *, instructions: str) -> None:
        self._question = question
        self._rubric = rubric
        self._instructions = instructions
        described = (level.description for criterion in rubric.criteria for level in criterion.levels)
        self._untold = "\n".join((instructions, *described))
        self._citations = Citations(question.text, answer)

    async def problems(self, draft: EvaluationDraft) -> Sequence[str]:
        """What is wrong with a grading, in words for the model that is to repair it."""
        return self._read(draft)[1]

    def sample(self, draft: EvaluationDraft) -> Sample:
        """What stands of a grading."""
        return self._read(draft)[0]

    def _read(self, draft: EvaluationDraft) -> tuple[Sample, list[str]]:
        problems = _Problems()
        criteria = {}
        given = _by_name(
            ((judgement.criterion, judgement) for judgement in draft.criteria),
            [criterion.id for criterion in self._rubric.criteria],
            "criteria",
            problems,
        )
        for name, judgement in given.items():
            criteria[name] = self._judged(name, judgement, problems)
        points = {}
        marked = _by_name(
            ((mark.point, mark) for mark in draft.points),
            [point.id for point in self._question.points],
            "points",
            problems,
        )
        for name, mark in marked.items():
            points[name] = self._found(name, mark, problems)
        words = (draft.feedback, *draft.strengths, *draft.improvements)
        if any(repeats(text, self._untold) for text in words):
            problems.add("the words to the candidate repeat the instructions or levels; write about the answer alone")
        sample = Sample(
            criteria,
            points,
            clean(draft.strengths, self._untold),
            clean(draft.improvements, self._untold),
            next(iter(clean([draft.feedback], self._untold)), ""),
        )
        return sample, problems.found

    def _judged(self, name: str, judgement: CriterionJudgement | None, problems: _Problems) -> Judged:
        if judgement is None:
            return Judged(None, "", ())
        quotes = [self._citations.find(quote, f"criteria {name}", problems.found) for quote in judgement.quotes]
        evidence = tuple(dict.fromkeys(quote for quote in quotes if quote is not None))[:_MOST_QUOTES]
        comment = next(iter(clean([judgement.comment], self._instructions)), "")
        supported = None not in quotes and (bool(evidence) or judgement.level == 0)
        if not evidence and not judgement.quotes and judgement.level > 0:
            problems.add(f"criteria {name}: level {judgement.level} has no quote from the answer")
        return Judged(judgement.level if supported else None, comment, evidence if supported else ())

    def _found(self, name: str, mark: PointJudgement | None, problems: _Problems) -> Found:
        missed = Found(PointStatus.MISSED, None)
        if mark is None or mark.status == PointStatus.MISSED.value:
            return missed
        if not mark.quote:
            problems.add(f"points {name}: {mark.status} has no quote from the answer")
            return missed
        quote = self._citations.find(mark.quote, f"points {name}", problems.found)
        return missed if quote is None else Found(PointStatus(mark.status), quote)


def clean(texts: Iterable[str], secret: str) -> tuple[str, ...]:
    """The texts on one line each, without those that repeat what is secret."""
    lines = (" ".join(text.split()) for text in texts)
    return tuple(line for line in lines if line and not repeats(line, secret))


def _by_name(
    given: Iterable[tuple[str, J]], names: Sequence[str], kind: str, problems: _Problems
) -> dict[str, J | None]:
    """Each name's judgement; None where there is none or more than one, which decides nothing."""
    found: dict[str, list[J]] = {}
    for name, judgement in given:
        found.setdefault(name, []).append(judgement)
    for name in names:
        count = len(found.get(name, ()))
        if count != 1:
            problems.add(f"{kind}: {name} is given {count} times; give each exactly once")
    for name in found.keys() - set(names):
        problems.add(f"{kind}: there is no {name[:60]!r}; the ids are {', '.join(names)}")
    return {name: found[name][0] if len(found.get(name, ())) == 1 else None for name in names}


def _spoken_to_grader(answer: str) -> tuple[tuple[int, int], ...]:
    """The sentences of an answer that speak to a grader instead of answering, as spans."""
    sentences = sentences_of(answer)
    injected = injected_sentences(answer, sentences)
    return tuple((s.start, s.end) for s, is_injected in zip(sentences, injected, strict=True) if is_injected)
