from datetime import date, timedelta

import pytest

from chat_service.analytics.streaks import Streaks, streaks

TODAY = date(2026, 3, 1)


def _days(*ago: int) -> list[date]:
    return [TODAY - timedelta(days=one) for one in ago]


@pytest.mark.parametrize(
    ("days", "current", "longest"),
    [
        ([], 0, 0),
        (_days(0), 1, 1),
        (_days(1), 1, 1),
        (_days(2), 0, 1),
        (_days(2, 1, 0), 3, 3),
        (_days(3, 2, 1), 3, 3),
        (_days(10, 9, 8, 7, 1, 0), 2, 4),
        (_days(9, 8, 4, 3, 2), 0, 3),
        (_days(4, 2, 0), 1, 1),
    ],
)
def test_a_streak_is_days_in_a_row_and_lasts_until_a_whole_day_is_missed(
    days: list[date], current: int, longest: int
) -> None:
    assert streaks(days, TODAY) == Streaks(current, longest, days[-1] if days else None)
