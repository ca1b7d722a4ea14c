"""What an interview has spent of its budget, judged without any memory of it.

The service keeps nothing, so the tokens of earlier calls, and by the prices their cost, are estimated from the turns
that a call brings along, on the high side: each question counts as one that the model wrote and each graded answer as
one that the model graded, both with a full output, once for each sample. What is to come is held back: a question is
written, or taken from the bank instead of it, only while the budget still holds the grading of its answer. A grading
whose call brings no turns (the last one of an interview) was provided for in that way and is judged by itself. Repairs
and repeated attempts of earlier calls are not seen; those of the call at hand are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ai_service.interviewing.interview import InterviewContext, Question, SubmittedAnswer, Turn
from ai_service.interviewing.llm_engine.candidate import candidate_data, role_data
from ai_service.llm.budget import NOTHING, Allowance, Budget, tokens_of
from ai_service.llm.chat import Usage

# Instructions with the rubric or the field, and the messages' frames; every prompt stays below it (see its test).
_INSTRUCTIONS = 2_000
# The earlier questions that a new one is to differ from, each its beginning, with the marks around them.
MOST_EARLIER, EARLIER_CHARACTERS = 30, 240
_EARLIER = MOST_EARLIER * (EARLIER_CHARACTERS // 3 + 5)
# Of past turns come only their questions' texts; these stand for points, reference answer and answer.
_QUESTION_DATA = 1_200
_ANSWER = 1_000
_LONGEST_ANSWER = 6_700


@dataclass(frozen=True, slots=True)
class Spending:
    """The budget of one interview, and what its calls take at most: `output` tokens each."""

    whole: Allowance
    output: int
    samples: int

    def for_question(self, context: InterviewContext, turns: Sequence[Turn]) -> Budget:
        """The budget of writing the next question after `turns`.

        It may be empty, and then the bank's question is asked. Raises `BudgetSpent` when the answer to any question
        could not be graded any more.
        """
        spent = self._spent(context, turns)
        held = self._grading(context, _QUESTION_DATA + _LONGEST_ANSWER)
        self.whole.require(spent + held)
        return Budget(self.whole, spent, held=held)

    def for_grading(self, context: InterviewContext, submitted: SubmittedAnswer, turns: Sequence[Turn]) -> Budget:
        """The budget of grading an answer, all samples together. Raises `BudgetSpent` when it does not suffice."""
        spent = self._spent(context, turns)
        self.whole.require(spent + self._grading(context, _data_of(submitted.question) + tokens_of(submitted.answer)))
        return Budget(self.whole, spent)

    def for_report(self, context: InterviewContext, turns: Sequence[Turn]) -> Budget:
        """The budget of a report's words; it may be empty."""
        return Budget(self.whole, self._spent(context, turns))

    def _spent(self, context: InterviewContext, turns: Sequence[Turn]) -> Usage:
        return sum((self._question(context) + self._graded(context, turn) for turn in turns), NOTHING)

    def _question(self, context: InterviewContext) -> Usage:
        return Usage(_INSTRUCTIONS + _EARLIER + tokens_of(*candidate_data(context).values()), self.output)

    def _graded(self, context: InterviewContext, turn: Turn) -> Usage:
        if turn.evaluation is None:
            return NOTHING
        answered = max(_QUESTION_DATA, _data_of(turn.question)) + max(_ANSWER, tokens_of(turn.answer))
        return self._grading(context, answered)

    def _grading(self, context: InterviewContext, data: int) -> Usage:
        about = tokens_of(*role_data(context).values())
        return Usage(self.samples * (_INSTRUCTIONS + about + data), self.samples * self.output)


def _data_of(question: Question) -> int:
    points = (text for point in question.points for text in (point.id, point.text))
    return tokens_of(question.text, question.reference_answer, *points)
