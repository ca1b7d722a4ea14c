"""The next question of an interview: a follow-up on the last answer, or a new subject."""

from collections.abc import Sequence

from ai_service.errors import QuestionsExhausted
from ai_service.interviewing.asked import Asked
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.composition import Composition
from ai_service.interviewing.follow_ups import choose_follow_up
from ai_service.interviewing.interview import ChosenQuestion, InterviewContext, Turn
from ai_service.interviewing.selection import Selection


class Questions:
    """Chooses questions from the bank."""

    def __init__(self, bank: Bank, composition: Composition) -> None:
        self._bank = bank
        self._selection = Selection(bank, composition)

    def next(
        self,
        context: InterviewContext,
        turns: Sequence[Turn],
        seen_keys: Sequence[str],
        *,
        follow_up_only: bool = False,
    ) -> ChosenQuestion:
        """The next question after `turns` (oldest first), as `Engine.next_question`."""
        asked = Asked(seen_keys, turns)
        pool = self._selection.pool(context, asked)
        entry = self._bank.by_key.get(turns[-1].question.main_key) if turns else None
        if entry is not None:
            follow_up = choose_follow_up(
                entry, turns, asked, question_limit=context.question_limit, fresh_count=pool.fresh_count
            )
            if follow_up is not None:
                return ChosenQuestion(
                    follow_up, f"follow-up on the point {follow_up.probed_point_id} of {entry.question.key}"
                )
        if follow_up_only:
            raise QuestionsExhausted("nothing in the answer is worth a follow-up of the bank's")
        chosen, rationale = self._selection.choose(context, turns, asked, pool)
        return ChosenQuestion(chosen.question, f"main: {rationale}")
