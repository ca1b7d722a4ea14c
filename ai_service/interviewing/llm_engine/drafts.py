"""Whether a question that a model drafted may be asked."""

import unicodedata
from collections.abc import Sequence

from ai_service.errors import ModelFault
from ai_service.grading.grader import Grader
from ai_service.interviewing.llm_engine.history import History
from ai_service.interviewing.llm_engine.leaks import first_given_away, gives_away, repeats
from ai_service.interviewing.llm_engine.replies import FollowUpDraft, QuestionDraft
from ai_service.interviewing.workers import Workers
from ai_service.llm.replies import ReplyModel

_SHORTEST_QUESTION, _SHORTEST_POINT, _SHORTEST_REFERENCE = 6, 3, 10
_ANSWER_RUN = 12


class DraftCheck:
    """Finds what is wrong with a draft, in words for the model that is to repair it.

    `instructions` are not to come back in it, and the question is not to say its points, its reference answer or
    `secret`. `followed` is the main question of a follow-up.
    """

    def __init__(
        self,
        history: History,
        grader: Grader,
        workers: Workers,
        *,
        instructions: str,
        secret: str = "",
        followed: str = "",
    ) -> None:
        self._history = history
        self._grader = grader
        self._workers = workers
        self._instructions = instructions
        self._secret = secret
        self._followed = followed

    async def __call__(self, draft: ReplyModel) -> Sequence[str]:
        """The problems of a draft; none when it may be asked. Raises `Overloaded`."""
        if not isinstance(draft, QuestionDraft | FollowUpDraft):
            raise TypeError(f"{type(draft).__name__} is no draft of a question")
        problems = [*self._form(draft), *self._leaks(draft)]
        if self._history.has_nearly(draft.question) or await self._history.has_meaning_of(
            draft.question, self._grader, self._workers, followed=self._followed
        ):
            problems.append("question: nearly the same as one that was asked before; ask about something else")
        return problems

    def insist(self, problems: Sequence[str]) -> None:
        """Raise `ModelFault` when a draft has problems after its repair."""
        if problems:
            raise ModelFault("MODEL_QUESTION_REJECTED", "the language model's question stayed unfit to be asked")

    def _form(self, draft: QuestionDraft | FollowUpDraft) -> list[str]:
        problems = []
        texts = [draft.question, draft.reference_answer]
        texts += [text for point in draft.points for text in (point.text, *point.phrasings)]
        if any(_has_controls(text) for text in texts):
            problems.append("control characters stand in it; write plain text")
        if len(draft.question.split()) < _SHORTEST_QUESTION:
            problems.append("question: too short to be understood by itself")
        if len(draft.reference_answer.split()) < _SHORTEST_REFERENCE:
            problems.append("reference_answer: too short; say every point in connected sentences")
        points = [" ".join(point.text.casefold().split()) for point in draft.points]
        if len(set(points)) < len(points):
            problems.append("points: two are the same; each has to be a point of its own")
        if any(len(point.split()) < _SHORTEST_POINT for point in points):
            problems.append("points: each has to be a whole sentence")
        return problems

    def _leaks(self, draft: QuestionDraft | FollowUpDraft) -> list[str]:
        said = first_given_away(draft.question, [point.text for point in draft.points])
        if said is not None:
            return [f"question: gives away the point {said!r}; ask without saying it"]
        if self._secret and gives_away(draft.question, self._secret):
            return ["question: gives away the point that it is to probe; ask without saying it"]
        if repeats(draft.question, draft.reference_answer, run=_ANSWER_RUN):
            return ["question: contains a part of its reference answer; ask without saying it"]
        if any(
            repeats(text, self._instructions)
            for text in (draft.question, draft.reference_answer, *(point.text for point in draft.points))
        ):
            return ["repeats the instructions; write about the topic alone"]
        return []


def _has_controls(text: str) -> bool:
    return any(
        unicodedata.category(character) in {"Cc", "Cf", "Co", "Cs"} and character not in "\n\t" for character in text
    )
