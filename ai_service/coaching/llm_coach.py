"""The coach with a language model: it proposes verdicts and words; what has no support in the answer does not stand."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import structlog

from ai_service.coaching.coaching import (
    AnswerToCoach,
    CoachingFeedback,
    ElementReading,
    ElementStatus,
    NotCoachableReason,
    PracticeMatch,
    PracticeQuestion,
    PracticeWish,
)
from ai_service.coaching.frameworks import FOLDER
from ai_service.coaching.practice import Practice
from ai_service.coaching.reading import Prepared, Reading, feedback_of, load_wording, overall_of, unread
from ai_service.coaching.replies import ElementDraft, FeedbackDraft, PracticeDraft
from ai_service.errors import Fault
from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.composition import load_composition
from ai_service.interviewing.interview import Provenance, Question, QuestionSource, Quote
from ai_service.interviewing.llm_engine.drafts import DraftCheck
from ai_service.interviewing.llm_engine.evaluations import ENGINE
from ai_service.interviewing.llm_engine.evidence import Citations, clean
from ai_service.interviewing.llm_engine.history import History
from ai_service.interviewing.llm_engine.leaks import repeats
from ai_service.interviewing.llm_engine.questions import as_line, example_of, points_of
from ai_service.interviewing.llm_engine.spending import EARLIER_CHARACTERS, MOST_EARLIER
from ai_service.interviewing.near_duplicates import question_key
from ai_service.interviewing.workers import Workers
from ai_service.llm.asking import Asking
from ai_service.llm.budget import Allowance, Budget
from ai_service.llm.prompts import Prompt, as_list, read_prompt

COACH_VERSION = "1.0"
_TEMPERATURE_OF_QUESTIONS = 0.7
_RESERVE_SECONDS = 0.75
# It judges other languages and lists of terms better than a guard.
_GUARDED = frozenset(NotCoachableReason) - {NotCoachableReason.LANGUAGE, NotCoachableReason.KEYWORD_LIST}

_log = structlog.get_logger("ai_service.coaching")


class LlmCoach:
    """A `Coach`. What cannot be read is told without asking the model; each call may spend the whole allowance."""

    def __init__(self, asking: Asking, grader: Grader, workers: Workers, bank: Bank, *, allowance: Allowance) -> None:
        """Raises `ResourceError` when a data file cannot be used."""
        self._asking = asking
        self._grader = grader
        self._workers = workers
        self._bank = bank
        self._allowance = allowance
        self._reading = Reading(grader.reader)
        self._practice = Practice(grader.reader, bank, load_composition())
        self._feedback_prompt, self._practice_prompt = load_prompt("feedback"), load_prompt("practice")

    async def analyze(self, wanted: AnswerToCoach) -> CoachingFeedback:
        """As `Coach.analyze`."""
        prepared = await self._workers.run(lambda: self._reading.prepare(wanted))
        provenance = self._provenance(prepared)
        if prepared.unreadable in _GUARDED:
            return unread(prepared, prepared.unreadable, provenance)
        prompt = self._feedback_prompt
        verdicts = _Verdicts(prepared, instructions=prompt.secret_words)
        asked = await self._asking.ask(
            "coaching",
            prompt.messages(
                {"question": wanted.question, "answer": wanted.answer},
                framework=prepared.framework.title,
                elements="\n".join(f"{one.id}: {one.asks}" for one in prepared.framework.elements),
            ),
            FeedbackDraft,
            budget=Budget(self._allowance),
            check=verdicts.problems,
        )
        elements = verdicts.elements(asked.reply)
        if all(one.status is None for one in elements):
            return unread(prepared, NotCoachableReason.UNSUPPORTED, provenance)
        overall = next(iter(clean([asked.reply.overall], prompt.secret_words)), "")
        return feedback_of(
            prepared,
            elements,
            overall or overall_of(prepared.framework, elements),
            clean(asked.reply.improvements, prompt.secret_words),
            provenance,
        )

    async def practice_question(self, wish: PracticeWish) -> PracticeQuestion:
        """As `Coach.practice_question`; the bank's where the model fails, which its source and explanation say."""
        planned = await self._workers.run(lambda: self._practice.choose(wish))
        try:
            return await self._written(wish, planned)
        except Fault as fault:
            _log.warning("practice_question_from_bank", reason=fault.reason)
        return replace(
            planned,
            question=replace(planned.question, source=QuestionSource.BANK_FALLBACK),
            match_explanation=load_wording()["matches"]["fallback"].format(match=planned.match_explanation),
        )

    async def _written(self, wish: PracticeWish, planned: PracticeQuestion) -> PracticeQuestion:
        prompt, plan = self._practice_prompt, planned.question
        history = History(self._bank, (), wish.seen_keys, wish.seen_texts)
        check = DraftCheck(history, self._grader, self._workers, instructions=prompt.secret_words)
        earlier = [text[:EARLIER_CHARACTERS] for text in history.earlier_texts[:MOST_EARLIER]]
        asked = await self._asking.ask(
            "practice",
            prompt.messages(
                {
                    "job_role": wish.job_role,
                    "skill": wish.skill,
                    "earlier_questions": as_list(earlier) if earlier else "",
                    "example": example_of(plan),
                },
                difficulty=prompt.terms["difficulties"][wish.difficulty.value],
            ),
            PracticeDraft,
            budget=Budget(self._allowance),
            check=check,
            temperature=_TEMPERATURE_OF_QUESTIONS,
            reserve_seconds=_RESERVE_SECONDS,
        )
        check.insist(asked.problems)
        draft = asked.reply
        wished = " and ".join(f"“{one}”" for one in (wish.job_role, wish.skill) if one)
        return PracticeQuestion(
            _question(plan, draft, wish),
            PracticeMatch.WRITTEN,
            load_wording()["matches"]["written"].format(wish=wished),
            next(iter(clean([draft.structure], prompt.secret_words)), planned.structure),
            planned.framework,
        )

    def _provenance(self, prepared: Prepared) -> Provenance:
        framework = prepared.framework
        return Provenance(
            ENGINE,
            self._asking.model_name,
            framework.framework.value,
            framework.version,
            self._feedback_prompt.version,
            COACH_VERSION,
        )


class _Verdicts:
    """Holds the model's verdicts against the answer."""

    def __init__(self, prepared: Prepared, *, instructions: str) -> None:
        self._elements = prepared.framework.elements
        self._instructions = instructions
        self._citations = Citations(prepared.wanted.question, prepared.wanted.answer)

    async def problems(self, draft: FeedbackDraft) -> Sequence[str]:
        """What is wrong with a reading, in words for the model that is to repair it."""
        problems: list[str] = []
        for one in self._elements:
            self._read(one.id, one.title, draft, problems)
        if unknown := {one.element for one in draft.elements} - {one.id for one in self._elements}:
            problems.append(f"elements: there is no {min(unknown)[:40]!r}")
        if any(repeats(text, self._instructions) for text in (draft.overall, *draft.improvements)):
            problems.append("the words to the candidate repeat the instructions; write about the answer alone")
        return problems

    def elements(self, draft: FeedbackDraft) -> tuple[ElementReading, ...]:
        """What stands of a reading."""
        return tuple(self._read(one.id, one.title, draft, []) for one in self._elements)

    def _read(self, name: str, title: str, draft: FeedbackDraft, problems: list[str]) -> ElementReading:
        void = ElementReading(name, title, None, (), "", ())
        given: list[ElementDraft] = [one for one in draft.elements if one.element == name]
        if len(given) != 1:
            problems.append(f"elements: {name} is given {len(given)} times; give each exactly once")
            return void
        judged = given[0]
        status = ElementStatus(judged.status)
        quotes: tuple[Quote, ...] = ()
        if status is not ElementStatus.MISSING:
            cited = [self._citations.find(quote, f"elements {name}", problems) for quote in judged.quotes]
            quotes = tuple(sorted({one for one in cited if one is not None}, key=lambda one: one.start))
            if not judged.quotes:
                problems.append(f"elements {name}: {judged.status} has no quote from the answer")
            if not quotes or None in cited:
                return void
        comment = next(iter(clean([judged.comment], self._instructions)), "")
        return ElementReading(name, title, status, quotes, comment, clean(judged.to_add, self._instructions))


def _question(plan: Question, draft: PracticeDraft, wish: PracticeWish) -> Question:
    return replace(
        plan,
        key=question_key(wish.skill or wish.job_role, draft.question),
        text=as_line(draft.question),
        difficulty=wish.difficulty,
        points=points_of(draft),
        reference_answer=draft.reference_answer.strip(),
        source=QuestionSource.MODEL,
    )


@lru_cache(maxsize=2)
def load_prompt(name: str) -> Prompt:
    """A prompt of coaching. Raises `ResourceError`."""
    return read_prompt(FOLDER / "prompts" / f"{name}.yaml")
