"""Where a recording lies while it is being worked through."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Self

from ai_service.errors import Fault, FaultKind
from ai_service.speech.faults import MOST_AUDIO_BYTES, UnusableAudio


class Spool:
    """A file without a name, at most `MOST_AUDIO_BYTES` long."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.size = 0
        """Bytes so far."""

    @classmethod
    @contextmanager
    def opened(cls) -> Iterator[Self]:
        """An empty one, which is gone outside, and when the process ends."""
        with tempfile.TemporaryFile() as file:
            yield cls(file)

    async def add(self, data: bytes) -> None:
        """Append bytes. Raises `UnusableAudio` as soon as there are too many, and SPEECH_BUSY on a full disk."""
        self.size += len(data)
        if self.size > MOST_AUDIO_BYTES:
            raise UnusableAudio("AUDIO_TOO_LARGE")
        try:
            await asyncio.to_thread(self._file.write, data)
        except OSError as error:
            raise Fault(
                FaultKind.RESOURCE_EXHAUSTED,
                "SPEECH_BUSY",
                f"there is no room for another recording ({error.strerror}); try again shortly",
            ) from None

    def rewound(self) -> IO[bytes]:
        """The file with all bytes in it, to be read from its beginning."""
        self._file.seek(0)
        return self._file
