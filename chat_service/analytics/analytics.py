"""Analytics: a user's own practice, and the platform's figures for administrators."""

from datetime import timedelta
from uuid import UUID

from chat_service.analytics import platform, practice, rollup
from chat_service.analytics.platform import PlatformAnalytics
from chat_service.analytics.practice import PracticeAnalytics
from chat_service.storage.database import Database


class Analytics:
    """Gives figures. `idle_limit` is how long an interview in progress may rest before it is completed."""

    def __init__(self, database: Database, *, idle_limit: timedelta = timedelta(minutes=120)) -> None:
        self._database = database
        self._idle_limit = idle_limit

    async def mine(self, user_id: UUID, time_zone: str = "UTC") -> PracticeAnalytics:
        """The user's practice. Its cost grows with his own interviews alone.

        `time_zone` is the IANA name of the zone whose days and weeks count. Raises INVALID for an unknown one.
        """
        return await practice.load(self._database, user_id, time_zone=time_zone, idle_limit=self._idle_limit)

    async def platform(self) -> PlatformAnalytics:
        """The platform's figures, exact as of now. Its cost does not grow with the number of interviews."""
        return await platform.load(self._database)

    async def fold(self) -> int:
        """Merges recent changes into the totals, so that `platform` stays fast; to be called every few seconds.

        Gives how many changes there were. Safe at any moment, in any number of processes at once.
        """
        return await rollup.fold(self._database)

    async def rebuild(self) -> None:
        """Counts the totals anew from all rows: needed only after rows were loaded with the triggers off."""
        await rollup.rebuild(self._database)
