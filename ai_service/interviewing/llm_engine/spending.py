"""What an interview has spent of its budget, judged without any memory of it.

The service keeps nothing, so the tokens of earlier calls are estimated from the turns that a call brings along, on the
high side: each question counts as one that the model wrote and each graded answer as one that the model graded, both
with a full output, once for each sample. What is to come is held back: a question is written, or taken from the bank
instead of it, only while the budget still holds the grading of its answer. A grading whose call brings no turns (the
last one of an interview) was provided for in that way and is judged by itself. Repairs and repeated attempts of
earlier calls are not seen; those of the call at hand are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ai_service.errors import BudgetSpent
from ai_service.interviewing.interview import InterviewContext, Question, SubmittedAnswer, Turn
from ai_service.llm.budget import Budget, tokens_of

# Instructions with the rubric or the field, and the messages' frames; every prompt stays below it (see its test).
_INSTRUCTIONS = 2_000
# Of past turns come only their questions' texts; these stand for points, reference answer and answer.
_QUESTION_DATA = 1_200
_ANSWER = 1_000
_LONGEST_ANSWER = 6_700


@dataclass(frozen=True, slots=True)
class Spending:
    """The budget of tokens of one interview, and what its calls take at most: `output` tokens each."""

    whole: int
    output: int
    samples: int

    def for_question(self, context: InterviewContext, turns: Sequence[Turn]) -> Budget:
        """The budget of writing the next question after `turns`.

        It may be empty, and then the bank's question is asked. Raises `BudgetSpent` when the answer to any question
        could not be graded any more.
        """
        left = self.whole - self._spent(context, turns) - self._grading(_QUESTION_DATA + _LONGEST_ANSWER)
        if left < 0:
            raise BudgetSpent(self.whole)
        return Budget(left, whole=self.whole)

    def for_grading(self, context: InterviewContext, submitted: SubmittedAnswer, turns: Sequence[Turn]) -> Budget:
        """The budget of grading an answer, all samples together. Raises `BudgetSpent` when it does not suffice."""
        left = self.whole - self._spent(context, turns)
        if left < self._grading(_data_of(submitted.question) + tokens_of(submitted.answer)):
            raise BudgetSpent(self.whole)
        return Budget(left, whole=self.whole)

    def for_report(self, context: InterviewContext, turns: Sequence[Turn]) -> Budget:
        """The budget of a report's words; it may be empty."""
        return Budget(max(0, self.whole - self._spent(context, turns)), whole=self.whole)

    def _spent(self, context: InterviewContext, turns: Sequence[Turn]) -> int:
        return sum(self._question(context) + self._graded(turn) for turn in turns)

    def _question(self, context: InterviewContext) -> int:
        about = tokens_of(context.job_description, context.resume, *context.skills, *context.focus_areas)
        return _INSTRUCTIONS + about + self.output

    def _graded(self, turn: Turn) -> int:
        if turn.evaluation is None:
            return 0
        return self._grading(max(_QUESTION_DATA, _data_of(turn.question)) + max(_ANSWER, tokens_of(turn.answer)))

    def _grading(self, data: int) -> int:
        return self.samples * (_INSTRUCTIONS + data + self.output)


def _data_of(question: Question) -> int:
    points = (text for point in question.points for text in (point.id, point.text))
    return tokens_of(question.text, question.reference_answer, *points)
