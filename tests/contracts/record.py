"""Records the examples of the OpenAPI document from a running service that nobody has signed up at as x@y.com.

python -m tests.contracts.record http://127.0.0.1:8000/api/v1
"""

import asyncio
import json
import sys

import httpx2

from chat_service.contracts.native.examples import EXAMPLES
from tests.contracts.playing import REQUESTS, Player

# Shown by a file of its own, with more figures than one interview makes.
_ELSEWHERE = {"GET /analytics/me", "GET /analytics/me/dashboard", "GET /analytics/me/charts/{name}"}


async def record(url: str) -> None:
    """Plays every operation once and writes what was sent and answered."""
    async with httpx2.AsyncClient(base_url=url, timeout=60) as client:
        player = Player(client, REQUESTS, REQUESTS["POST /auth/signup"]["email"])
        await player.play()
    examples = {
        one.operation: {
            **({} if one.request is None else {"request": one.request}),
            "status": one.status,
            **({} if one.response is None else {"response": one.response}),
        }
        for one in player.exchanges
        if one.operation not in _ELSEWHERE
    }
    EXAMPLES.write_text(json.dumps(examples, indent=2, ensure_ascii=False, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1]))
