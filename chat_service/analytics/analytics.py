"""Analytics: a user's own practice, and the platform's figures for administrators."""

import asyncio
from datetime import timedelta
from uuid import UUID

from chat_service.analytics import platform, practice, results, rollup
from chat_service.analytics.charts.chart import Chart, ChartName
from chat_service.analytics.charts.drawing import drawn
from chat_service.analytics.dashboard import Dashboard, dashboard
from chat_service.analytics.platform import PlatformAnalytics
from chat_service.analytics.practice import PracticeAnalytics
from chat_service.storage.database import Database

_OWN_ZONE = "SELECT time_zone FROM users WHERE id = $1"


class Analytics:
    """Gives figures. `idle_limit` is how long an interview in progress may rest before it is completed."""

    def __init__(self, database: Database, *, idle_limit: timedelta = timedelta(minutes=120)) -> None:
        self._database = database
        self._idle_limit = idle_limit

    async def mine(self, user_id: UUID, time_zone: str | None = None) -> PracticeAnalytics:
        """The user's practice. Its cost grows with his own interviews alone.

        `time_zone` is the IANA name of the zone whose days and weeks count; without one it is that of the profile,
        else UTC. Raises INVALID for an unknown one.
        """
        zone = await self._zone(user_id, time_zone)
        return await practice.load(self._database, user_id, time_zone=zone, idle_limit=self._idle_limit)

    async def dashboard(self, user_id: UUID, time_zone: str | None = None) -> Dashboard:
        """The user's figures at a glance; `time_zone` as in `mine`."""
        zone = await self._zone(user_id, time_zone)
        return dashboard(
            *await asyncio.gather(
                practice.load(self._database, user_id, time_zone=zone, idle_limit=self._idle_limit),
                results.load(self._database, user_id, zone),
            )
        )

    async def chart(self, user_id: UUID, name: ChartName, time_zone: str | None = None) -> Chart:
        """A chart of the user's figures; `time_zone` as in `mine`."""
        zone = await self._zone(user_id, time_zone)
        return drawn(name, await results.load(self._database, user_id, zone), zone)

    async def _zone(self, user_id: UUID, wanted: str | None) -> str:
        if wanted is not None:
            return wanted
        row = await self._database.fetch_row(_OWN_ZONE, user_id)
        return (row["time_zone"] if row else None) or "UTC"

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
