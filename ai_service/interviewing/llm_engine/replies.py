"""What the language model answers, each kind a strict pydantic model. Evidence stands before judgement in each."""

from typing import Annotated, Literal

from pydantic import Field

from ai_service.llm.replies import ReplyModel

Words = Annotated[str, Field(min_length=1, max_length=600)]
Quoted = Annotated[str, Field(min_length=1, max_length=600)]


class PointDraft(ReplyModel):
    """An expected point of a new question."""

    text: Annotated[str, Field(min_length=8, max_length=400)]
    phrasings: Annotated[list[Annotated[str, Field(min_length=3, max_length=400)]], Field(max_length=6)]
    weight: Annotated[int, Field(ge=1, le=3)]


class QuestionDraft(ReplyModel):
    """A new question."""

    question: Annotated[str, Field(min_length=20, max_length=900)]
    points: Annotated[list[PointDraft], Field(min_length=2, max_length=7)]
    reference_answer: Annotated[str, Field(min_length=60, max_length=5000)]


class FollowUpDraft(ReplyModel):
    """A new follow-up question."""

    question: Annotated[str, Field(min_length=12, max_length=700)]
    points: Annotated[list[PointDraft], Field(min_length=1, max_length=4)]
    reference_answer: Annotated[str, Field(min_length=30, max_length=3000)]


class CriterionJudgement(ReplyModel):
    """The level on one criterion, after what supports it."""

    criterion: Annotated[str, Field(min_length=1, max_length=60)]
    quotes: Annotated[list[Quoted], Field(max_length=6)]
    comment: Words
    level: Annotated[int, Field(ge=0, le=4)]


class PointJudgement(ReplyModel):
    """How far the answer says one expected point."""

    point: Annotated[str, Field(min_length=1, max_length=200)]
    quote: Annotated[str, Field(max_length=600)] | None
    status: Literal["covered", "partial", "missed", "contradicted"]


class EvaluationDraft(ReplyModel):
    """One grading of an answer; it has no score."""

    criteria: Annotated[list[CriterionJudgement], Field(max_length=20)]
    points: Annotated[list[PointJudgement], Field(max_length=20)]
    strengths: Annotated[list[Words], Field(max_length=6)]
    improvements: Annotated[list[Words], Field(max_length=6)]
    feedback: Annotated[str, Field(min_length=1, max_length=2000)]


class EntryWords(ReplyModel):
    """The words for one entry of a report, by its number."""

    number: Annotated[int, Field(ge=1, le=100)]
    text: Words


class ReportDraft(ReplyModel):
    """The words of a report."""

    summary: Annotated[str, Field(min_length=40, max_length=3000)]
    strengths: Annotated[list[EntryWords], Field(max_length=20)]
    gaps: Annotated[list[EntryWords], Field(max_length=20)]
    next_steps: Annotated[list[EntryWords], Field(max_length=20)]
