"""Opening an interview with its questions in one go."""

import asyncio
from uuid import UUID

from chat_service.errors import AppError
from chat_service.interviews.editing import Editing
from chat_service.interviews.lifecycle import Lifecycle, NewInterview
from chat_service.interviews.question_sets import PreparedSet, QuestionSets, WantedSet


class Opening:
    """Creates an interview and prepares its questions: both, or neither."""

    def __init__(self, lifecycle: Lifecycle, sets: QuestionSets, editing: Editing) -> None:
        self._lifecycle = lifecycle
        self._sets = sets
        self._editing = editing

    async def open(self, user_id: UUID, wanted: NewInterview, questions: WantedSet) -> PreparedSet:
        """The interview in progress with its questions. Raises as creating and preparing do.

        When the questions cannot be had there is no interview either, unless the process dies in between: a draft then.
        """
        created = await self._lifecycle.create(user_id, wanted)
        try:
            return await self._sets.prepare(user_id, created.id, questions)
        except (AppError, asyncio.CancelledError):
            await asyncio.shield(self._editing.delete(user_id, created.id))
            raise
