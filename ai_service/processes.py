"""Processes that do one piece of work apart from the service, and are never left behind."""

import asyncio
import contextlib
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from typing import IO, Any

_READ_BYTES = 64 * 1024


async def start_apart(
    script: str, *arguments: str, stdin: int | IO[Any] = PIPE, read_bytes: int = _READ_BYTES
) -> Process:
    """A script of ours in a process that has nothing of the service's: environment, folder, session and modules.

    Its output is a pipe, of which about twice `read_bytes` are read ahead. Whoever starts it ends it: see `end`.
    """
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", script, *arguments),
        stdin=stdin,
        stdout=PIPE,
        stderr=DEVNULL,
        env={"LC_ALL": "C.UTF-8"},
        cwd="/",
        start_new_session=True,
        limit=read_bytes,
    )


async def end(process: Process) -> None:
    """Returns when the process has ended, killed if need be, even where its caller is cancelled meanwhile."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await asyncio.shield(_ended(process))


async def _ended(process: Process) -> None:
    # asyncio tells of the end of a process only after the end of its pipes, and a full one it does not read.
    if process.stdout is not None:
        while await process.stdout.read(_READ_BYTES):
            pass
    await process.wait()
