"""Rows of recorded answers, their transcripts, and files that have to go."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    false,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chat_service.interviews.tables import Moment
from chat_service.storage.database import Base
from chat_service.storage.ids import new_id


class Recording(Base):
    """The recorded answer to a question. Its file's key is that of `file_key`; a trigger discards it with the row."""

    __tablename__ = "recordings"
    __table_args__ = (Index("ix_recordings_user_id", "user_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column()
    interview_id: Mapped[UUID] = mapped_column()
    question_id: Mapped[UUID] = mapped_column(ForeignKey("questions.id", ondelete="CASCADE"), unique=True)
    format: Mapped[str] = mapped_column(String(5))
    size_bytes: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    duration_seconds: Mapped[float] = mapped_column(Float)
    sample_rate: Mapped[int] = mapped_column(Integer)
    channels: Mapped[int] = mapped_column(SmallInteger)
    uploaded_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class StoredTranscript(Base):
    """What was said in a recording, from the moment that it is asked for.

    `holder` and `held_until` mark the one process that works on it. `words` are as they were recognized, whatever has
    become of the text; `failure` is the reason of the last error once it was given up.
    """

    __tablename__ = "transcripts"
    __table_args__ = (
        CheckConstraint("status IN ('transcribing', 'ready', 'failed')", name="status"),
        Index("ix_transcripts_user_id", "user_id"),
    )

    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column()
    status: Mapped[str] = mapped_column(String(12))
    progress: Mapped[float] = mapped_column(Float, default=0.0, server_default="0")
    failure: Mapped[str | None] = mapped_column(String(60))
    wanted_language: Mapped[str | None] = mapped_column(String(8))
    language: Mapped[str | None] = mapped_column(String(8))
    text: Mapped[str | None] = mapped_column(Text)
    edited: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    confidence: Mapped[float | None] = mapped_column(Float)
    speech_seconds: Mapped[float | None] = mapped_column(Float)
    words: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB(none_as_null=True))
    recognizer: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    requested_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    transcribed_at: Mapped[datetime | None] = mapped_column(Moment)
    holder: Mapped[UUID | None] = mapped_column()
    held_until: Mapped[datetime | None] = mapped_column(Moment)


class DiscardedFile(Base):
    """The key of a file that has to go once it is due: its recording is gone, or has not come to be by then.

    The row of a new file is written before the file, and goes with the transaction that makes its recording.
    """

    __tablename__ = "discarded_files"
    __table_args__ = (Index("ix_discarded_files_due_at", "due_at"),)

    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


def file_key(user_id: UUID, recording_id: UUID) -> str:
    """The key of a recording's file."""
    return f"{user_id}/{recording_id}"
