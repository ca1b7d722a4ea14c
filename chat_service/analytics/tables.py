"""Rows of the platform's figures.

Triggers on `users` and `interviews` append a row of differences to the tables of changes; folding merges them into
the two small tables of totals. A figure is its total plus its changes, read in one statement.
"""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, Date, Identity, Integer, Numeric, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from chat_service.storage.database import Base


class InterviewTotals(Base):
    """How many interviews there are of a kind.

    A completed interview with a score has its `rubric_major` and its `bucket`, 0 for [0, 10) to 9 for [90, 100]; all
    others have -1 in both. `score_sum` is exact, so that what is added and taken away again leaves nothing.
    """

    __tablename__ = "analytics_interviews"

    domain: Mapped[str] = mapped_column(String(20), primary_key=True)
    difficulty: Mapped[str] = mapped_column(String(10), primary_key=True)
    state: Mapped[str] = mapped_column(String(12), primary_key=True)
    rubric_major: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    bucket: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    interviews: Mapped[int] = mapped_column(BigInteger)
    score_sum: Mapped[Decimal] = mapped_column(Numeric)


class InterviewChange(Base):
    """A difference to one row of `InterviewTotals`."""

    __tablename__ = "analytics_interview_changes"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    domain: Mapped[str] = mapped_column(String(20))
    difficulty: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(12))
    rubric_major: Mapped[int] = mapped_column(SmallInteger)
    bucket: Mapped[int] = mapped_column(SmallInteger)
    interviews: Mapped[int] = mapped_column(Integer)
    score_sum: Mapped[Decimal] = mapped_column(Numeric)


class WeekTotals(Base):
    """Accounts opened in a week, and users who started an interview in it. `week` is its Monday, by UTC."""

    __tablename__ = "analytics_weeks"

    week: Mapped[date] = mapped_column(Date, primary_key=True)
    new_users: Mapped[int] = mapped_column(BigInteger)
    active_users: Mapped[int] = mapped_column(BigInteger)


class WeekChange(Base):
    """A difference to one row of `WeekTotals`."""

    __tablename__ = "analytics_week_changes"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    week: Mapped[date] = mapped_column(Date)
    new_users: Mapped[int] = mapped_column(Integer)
    active_users: Mapped[int] = mapped_column(Integer)


class UserWeek(Base):
    """How many interviews a user started in a week; no row means none.

    There is no foreign key to `users`: a deleted user's rows go as his interviews do, each taking its start away.
    """

    __tablename__ = "analytics_user_weeks"

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    week: Mapped[date] = mapped_column(Date, primary_key=True)
    starts: Mapped[int] = mapped_column(Integer)
