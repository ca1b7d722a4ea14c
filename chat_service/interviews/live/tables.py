"""Rows of what has happened in live interviews."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, DateTime, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chat_service.storage.database import Base


class LiveEventRow(Base):
    """One event. `subject` is the id of what it is about, or the state that was reached: each happens once.

    `message_id` is what the client that caused it had called its message.
    """

    __tablename__ = "live_events"
    __table_args__ = (
        UniqueConstraint("interview_id", "kind", "subject", name="uq_live_events_happened_once"),
        Index("ix_live_events_created_at", "created_at"),
    )

    interview_id: Mapped[UUID] = mapped_column(ForeignKey("interviews.id", ondelete="CASCADE"), primary_key=True)
    sequence: Mapped[int] = mapped_column(Integer, primary_key=True)
    user_id: Mapped[UUID] = mapped_column()
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(40))
    message_id: Mapped[str | None] = mapped_column(String(128))
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class UtteranceRow(Base):
    """What the interviewer said aloud of a question, or of the feedback on an answer, and what was heard of it."""

    __tablename__ = "interviewer_utterances"

    interview_id: Mapped[UUID] = mapped_column(ForeignKey("interviews.id", ondelete="CASCADE"), primary_key=True)
    subject: Mapped[str] = mapped_column(String(10), primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column()
    text: Mapped[str] = mapped_column(Text)
    heard: Mapped[str] = mapped_column(Text)
    interrupted: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class VoiceTurnRow(Base):
    """An answer that was spoken in a live interview: how its turn ended, and what the reply took, in seconds."""

    __tablename__ = "voice_turns"

    interview_id: Mapped[UUID] = mapped_column(ForeignKey("interviews.id", ondelete="CASCADE"), primary_key=True)
    turn_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column()
    answer_id: Mapped[UUID] = mapped_column()
    ended_by: Mapped[str] = mapped_column(String(10))
    spoken_seconds: Mapped[float] = mapped_column(Float)
    end_of_utterance_delay: Mapped[float] = mapped_column(Float)
    transcription_delay: Mapped[float] = mapped_column(Float)
    ttft: Mapped[float | None] = mapped_column(Float)
    ttfb: Mapped[float | None] = mapped_column(Float)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
