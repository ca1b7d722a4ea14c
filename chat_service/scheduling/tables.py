"""Rows of reminders."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from chat_service.storage.database import Base
from chat_service.storage.ids import new_id

Moment = DateTime(timezone=True)


class Reminder(Base):
    """A message that is to be sent before a scheduled interview: the outbox. Its id names the message.

    It is for the time that the interview had when it was planned. `claimed_until` marks the one process that is
    sending it.
    """

    __tablename__ = "reminders"
    __table_args__ = (
        Index("ix_reminders_interview_id", "interview_id"),
        Index("ix_reminders_user_id", "user_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column()
    interview_id: Mapped[UUID] = mapped_column(ForeignKey("interviews.id", ondelete="CASCADE"))
    minutes_before: Mapped[int] = mapped_column(Integer)
    scheduled_at: Mapped[datetime] = mapped_column(Moment)
    claimed_until: Mapped[datetime | None] = mapped_column(Moment)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
