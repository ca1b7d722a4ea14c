"""What an engine of interviews does."""

from collections.abc import Sequence
from typing import Protocol

from ai_service.interviewing.interview import (
    ChosenQuestion,
    Evaluation,
    InterviewContext,
    Report,
    SubmittedAnswer,
    Turn,
)


class Engine(Protocol):
    """Asks, grades and reports. Holds no state of any interview; every method may run concurrently with itself.

    A method that is cancelled drops the work that has not begun.
    """

    async def next_question(
        self,
        context: InterviewContext,
        turns: Sequence[Turn],
        seen_keys: Sequence[str],
        seen_texts: Sequence[str] = (),
        *,
        follow_up_only: bool = False,
    ) -> ChosenQuestion:
        """Choose the next question, fitted to `turns` (oldest first); on demand only a follow-up on the last of them.

        `seen_keys` has an entry for each time that the candidate was asked a question in this domain, `seen_texts` the
        questions that a language model wrote for him in earlier interviews, newest first. Raises `QuestionsExhausted`
        when there is none to ask.
        """
        ...

    async def evaluate(
        self, context: InterviewContext, submitted: SubmittedAnswer, turns: Sequence[Turn] = ()
    ) -> Evaluation:
        """Grade one answer. `turns` are the earlier ones where they are known: they change no grade.

        Raises `Overloaded` when the bound of concurrent work is reached, and `ModelFault` when a language model was to
        grade and did not: no other grader takes its place.
        """
        ...

    async def report(self, context: InterviewContext, turns: Sequence[Turn]) -> Report:
        """Report on a finished interview whose turns all have their evaluation; succeeds without its model's words."""
        ...
