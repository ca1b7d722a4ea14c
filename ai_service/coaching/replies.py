"""What the language model answers to a coach. Evidence stands before judgement."""

from typing import Annotated, Literal

from pydantic import Field

from ai_service.interviewing.llm_engine.replies import QuestionDraft, Quoted, Words
from ai_service.llm.replies import ReplyModel


class ElementDraft(ReplyModel):
    """One element, after what shows it."""

    element: Annotated[str, Field(min_length=1, max_length=40)]
    quotes: Annotated[list[Quoted], Field(max_length=3)]
    comment: Words
    to_add: Annotated[list[Words], Field(max_length=4)]
    status: Literal["well", "partially", "missing"]


class FeedbackDraft(ReplyModel):
    """The reading of an answer; it has no score."""

    elements: Annotated[list[ElementDraft], Field(max_length=6)]
    overall: Annotated[str, Field(min_length=1, max_length=1500)]
    improvements: Annotated[list[Words], Field(max_length=6)]


class PracticeDraft(QuestionDraft):
    """A practice question with how to order an answer to it."""

    structure: Annotated[str, Field(min_length=20, max_length=600)]
