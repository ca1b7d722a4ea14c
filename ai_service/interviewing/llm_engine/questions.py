"""The next question, written by the model where the bank's choice says what it is to be about.

The bank's choice decides all but the words: whether to follow up and on which point, the field, the topic and the
difficulty. So it also stands ready for when the model fails.
"""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from ai_service.errors import BudgetSpent, Fault, QuestionsExhausted
from ai_service.grading.grader import Grader
from ai_service.interviewing.asked import Asked
from ai_service.interviewing.bank import Bank, BankQuestion
from ai_service.interviewing.follow_ups import choose_follow_up
from ai_service.interviewing.interview import (
    ChosenQuestion,
    ExpectedPoint,
    InterviewContext,
    Question,
    QuestionKind,
    QuestionSource,
    Turn,
)
from ai_service.interviewing.llm_engine.candidate import candidate_data, role_data
from ai_service.interviewing.llm_engine.drafts import DraftCheck
from ai_service.interviewing.llm_engine.history import History
from ai_service.interviewing.llm_engine.prompts import load_prompts
from ai_service.interviewing.llm_engine.replies import FollowUpDraft, QuestionDraft
from ai_service.interviewing.llm_engine.spending import EARLIER_CHARACTERS, MOST_EARLIER, Spending
from ai_service.interviewing.near_duplicates import question_key
from ai_service.interviewing.questions import Questions
from ai_service.interviewing.workers import Workers
from ai_service.llm.asking import Asking
from ai_service.llm.budget import Budget
from ai_service.llm.prompts import Prompt, as_list

# Some variety: the same interview asked again should not get the same words.
_TEMPERATURE = 0.7
# A bank question is taken when the model can no longer answer in time; a grade may wait in the same call.
_RESERVE_SECONDS = 0.75

_log = structlog.get_logger("ai_service.interviewing")


class LlmQuestions:
    """Chooses and writes questions."""

    def __init__(
        self,
        asking: Asking,
        bank_questions: Questions,
        bank: Bank,
        grader: Grader,
        workers: Workers,
        spending: Spending,
    ) -> None:
        prompts = load_prompts()
        self._main, self._follow_up = prompts["question"], prompts["follow_up"]
        self._asking = asking
        self._bank_questions = bank_questions
        self._bank = bank
        self._grader = grader
        self._workers = workers
        self._spending = spending

    async def next(
        self,
        context: InterviewContext,
        turns: Sequence[Turn],
        seen_keys: Sequence[str],
        seen_texts: Sequence[str] = (),
        *,
        follow_up_only: bool = False,
    ) -> ChosenQuestion:
        """The next question after `turns` (oldest first), as `Engine.next_question`.

        When the model gives no question that may be asked it is the bank's, marked as `BANK_FALLBACK`, and the
        rationale says why. Raises `BudgetSpent` when no answer could be graded any more.
        """
        budget = self._spending.for_question(context, turns)
        planned = self._bank_questions.next(context, turns, seen_keys)
        probe = (
            planned.question
            if planned.question.kind is QuestionKind.FOLLOW_UP
            else self._probe(context, turns, seen_keys)
        )
        if follow_up_only and probe is None:
            raise QuestionsExhausted("nothing in the answer is worth a follow-up")
        try:
            history = History(self._bank, turns, seen_keys, seen_texts)
            return await self._written(context, turns, history, planned, probe, budget)
        except BudgetSpent as fault:
            reason = fault.reason
        except Fault as fault:
            _log.warning("question_from_bank", reason=fault.reason)
            reason = fault.reason
        if follow_up_only and planned.question.kind is not QuestionKind.FOLLOW_UP:
            raise QuestionsExhausted(f"the follow-up was not written, since the model failed: {reason}")
        question = replace(planned.question, source=QuestionSource.BANK_FALLBACK)
        return ChosenQuestion(question, f"{planned.rationale}; from the bank, since the model failed: {reason}")

    async def _written(
        self,
        context: InterviewContext,
        turns: Sequence[Turn],
        history: History,
        planned: ChosenQuestion,
        probe: Question | None,
        budget: Budget,
    ) -> ChosenQuestion:
        if probe is None:
            question = await self._write_main(context, planned.question, history, budget)
            return ChosenQuestion(question, f"written on the plan {planned.rationale}")
        question = await self._write_follow_up(context, turns[-1], probe, history, budget)
        return ChosenQuestion(question, f"written as a follow-up on the point {probe.probed_point_id}")

    async def _write_main(
        self, context: InterviewContext, plan: Question, history: History, budget: Budget
    ) -> Question:
        prompt = self._main
        topic = self._bank.topic.get((plan.domain, plan.topic))
        about = f"{plan.topic_title} ({' '.join(topic.study.split())})" if topic else plan.topic_title
        messages = prompt.messages(
            {**candidate_data(context), **_earlier(history), "example": example_of(plan)},
            domain=prompt.terms["domains"][plan.domain.value],
            topic=about,
            difficulty=prompt.terms["difficulties"][plan.difficulty.value],
        )
        check = DraftCheck(history, self._grader, self._workers, instructions=prompt.secret_words)
        asked = await self._asking.ask(
            "question",
            messages,
            QuestionDraft,
            budget=budget,
            check=check,
            temperature=_TEMPERATURE,
            reserve_seconds=_RESERVE_SECONDS,
        )
        check.insist(asked.problems)
        return replace(
            plan,
            key=question_key(plan.topic, asked.reply.question),
            text=as_line(asked.reply.question),
            points=points_of(asked.reply),
            reference_answer=asked.reply.reference_answer.strip(),
            source=QuestionSource.MODEL,
        )

    async def _write_follow_up(
        self, context: InterviewContext, last: Turn, probe: Question, history: History, budget: Budget
    ) -> Question:
        prompt: Prompt = self._follow_up
        point = next((p.text for p in last.question.points if p.id == probe.probed_point_id), "")
        messages = prompt.messages(
            {
                "question": last.question.text,
                "answer": last.answer,
                "point": point or " ".join(p.text for p in probe.points),
                **role_data(context),
                **_earlier(history),
                "example": example_of(probe),
            },
            domain=prompt.terms["domains"][probe.domain.value],
            topic=probe.topic_title or probe.topic,
            difficulty=prompt.terms["difficulties"][probe.difficulty.value],
        )
        check = DraftCheck(
            history,
            self._grader,
            self._workers,
            instructions=prompt.secret_words,
            secret=point,
            followed=last.question.text,
        )
        asked = await self._asking.ask(
            "follow_up",
            messages,
            FollowUpDraft,
            budget=budget,
            check=check,
            temperature=_TEMPERATURE,
            reserve_seconds=_RESERVE_SECONDS,
        )
        check.insist(asked.problems)
        return replace(
            probe,
            text=as_line(asked.reply.question),
            points=points_of(asked.reply),
            reference_answer=asked.reply.reference_answer.strip(),
            source=QuestionSource.MODEL,
        )

    def _probe(self, context: InterviewContext, turns: Sequence[Turn], seen_keys: Sequence[str]) -> Question | None:
        """The frame of a follow-up on a main question that is not the bank's, by the same rules as the bank's own.

        Only the last turn comes with its points' texts, so a question of the model's is followed up right after it.
        """
        last = turns[-1].question if turns else None
        if last is None or last.kind is not QuestionKind.MAIN or last.key in self._bank.by_key or not last.points:
            return None
        frames = tuple(_frame(last, point) for point in last.points)
        return choose_follow_up(
            BankQuestion(last, frames),
            turns,
            Asked(seen_keys, turns),
            question_limit=context.question_limit,
            fresh_count=0,
        )


def _frame(main: Question, point: ExpectedPoint) -> Question:
    return replace(
        main,
        key=f"{main.key}.{point.id}",
        kind=QuestionKind.FOLLOW_UP,
        text="",
        points=(),
        reference_answer="",
        time_limit_seconds=max(60, main.time_limit_seconds // 2),
        parent_key=main.key,
        probed_point_id=point.id,
    )


def _earlier(history: History) -> dict[str, str]:
    texts = [*history.interview_texts[::-1], *history.earlier_texts][:MOST_EARLIER]
    return {"earlier_questions": as_list([text[:EARLIER_CHARACTERS] for text in texts[::-1]]) if texts else ""}


def example_of(question: Question) -> str:
    """A question with its points as data that show the expected depth; empty for a frame without words."""
    if not question.text:
        return ""
    points: list[str] = [point.text for point in question.points]
    return as_list({"question": question.text, "points": points})


def points_of(draft: QuestionDraft | FollowUpDraft) -> tuple[ExpectedPoint, ...]:
    """The points of a draft, named p1, p2 and so on."""
    return tuple(
        ExpectedPoint(
            f"p{number}", as_line(point.text), tuple(as_line(phrasing) for phrasing in point.phrasings), point.weight
        )
        for number, point in enumerate(draft.points, start=1)
    )


def as_line(text: str) -> str:
    """A text with its white space made single blanks."""
    return " ".join(text.split())
