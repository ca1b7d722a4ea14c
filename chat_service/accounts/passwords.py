"""Password hashing with argon2id (RFC 9106)."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

MIN_LENGTH = 8
MAX_LENGTH = 256

# The minimum of the OWASP Password Storage Cheat Sheet.
_PASSES = 2
_MEMORY_KIB = 19 * 1024


class Passwords:
    """Hashes and verifies off the event loop, at most one at a time for each core.

    A login takes 20 to 35 ms of one core, so that a small machine can serve several a second and still refuse a
    guessing attack by the rate limit.
    """

    def __init__(self) -> None:
        self._hash = PasswordHash((Argon2Hasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=1),))
        self._threads = ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="argon2")
        self._nobody = self._hash.hash(os.urandom(16).hex())

    async def hash(self, password: str) -> str:
        """The encoded hash to store."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hash.hash, password)

    async def verify(self, password: str, encoded: str | None) -> bool:
        """Whether the password belongs to the hash. Without a hash it takes as long and is False."""
        loop = asyncio.get_running_loop()
        matches = await loop.run_in_executor(self._threads, self._matches, password, encoded or self._nobody)
        return matches and encoded is not None

    def close(self) -> None:
        """Lets the threads go."""
        self._threads.shutdown(wait=False)

    def _matches(self, password: str, encoded: str) -> bool:
        try:
            return self._hash.verify(password, encoded)
        except UnknownHashError:
            return False
