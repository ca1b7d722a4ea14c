"""Rows of users."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Float, String, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chat_service.storage.database import Base
from chat_service.storage.ids import new_id


class User(Base):
    """A person with an account. `email` is stored normalised, so that its unique index decides who is who."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("role IN ('user', 'admin')", name="role"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    password_hash: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(8), default="user")
    years_experience: Mapped[float | None] = mapped_column(Float)
    tech_stacks: Mapped[list[str]] = mapped_column(JSONB, default=list)
    target_role: Mapped[str | None] = mapped_column(String(200))
    target_company: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), onupdate=func.now()
    )
