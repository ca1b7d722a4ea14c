"""The third-party server @copilotkit/aimock as a child process, where `make peers` has installed it."""

import asyncio
import contextlib
import json
import re
import shutil
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(sys.prefix) / "peers/aimock/node_modules/@copilotkit/aimock/dist/cli.js"
_ADDRESS = re.compile(r"listening on (http://[\d.]+:\d+)")
_STARTS_WITHIN_SECONDS = 90.0


@asynccontextmanager
async def aimock(folder: Path, fixtures: Sequence[dict[str, Any]], *options: str) -> AsyncIterator[str]:
    """Its base URL, while it answers by `fixtures`; skips the test where it is not installed."""
    node = shutil.which("node")
    if node is None or not PROGRAM.exists():
        pytest.skip("@copilotkit/aimock is not installed: `make peers` does so where node and npm are")
    file = folder / "fixtures.json"
    file.write_text(json.dumps({"fixtures": list(fixtures)}), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        node,
        str(PROGRAM),
        *("--port", "0", "--fixtures", str(file), "--strict", *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(_STARTS_WITHIN_SECONDS):
            yield f"{await _address(process)}/v1"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    said = ""
    while line := (await process.stdout.readline()).decode():
        said += line
        if found := _ADDRESS.search(line):
            return found.group(1)
    raise AssertionError(f"aimock did not start:\n{said}")
