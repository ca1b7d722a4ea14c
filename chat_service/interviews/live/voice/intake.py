"""What comes from a microphone: checked, brought to 16,000 Hz, and not faster than it can have been said."""

import av

from chat_service.engine.live_speech import SAMPLE_RATE
from chat_service.errors import AppError, ErrorKind, invalid

MIN_SAMPLE_RATE, MAX_SAMPLE_RATE = 8_000, 48_000
MAX_FRAME_SECONDS = 1.0
BYTES_A_SECOND = SAMPLE_RATE * 2

# The candidate may have spoken while he was cut off: so much may come at once, and the rest at twice its own speed.
_BURST_SECONDS = 30.0
_CATCHING_UP = 2.0
_SHORTEST_FRAME_SECONDS = 0.01
# How files begin; as the first samples of a frame of speech they do not happen.
_FILES = (
    b"RIFF",
    b"\x1a\x45\xdf\xa3",
    b"OggS",
    b"fLaC",
    b"ID3\x03",
    b"ID3\x04",
    b"\x00\x00\x00\x18ftyp",
    b"\x00\x00\x00\x20ftyp",
)


class Intake:
    """Samples of one microphone."""

    def __init__(self, sample_rate: int) -> None:
        """Raises INVALID for a rate that no microphone has."""
        if not MIN_SAMPLE_RATE <= sample_rate <= MAX_SAMPLE_RATE:
            raise invalid("sample_rate", f"is not between {MIN_SAMPLE_RATE} and {MAX_SAMPLE_RATE} Hz")
        self.sample_rate = sample_rate
        self._resampler = (
            None if sample_rate == SAMPLE_RATE else av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
        )

    def seconds(self, frame: bytes) -> float:
        """How long a frame lasts. Raises INVALID or UNSUPPORTED_MEDIA_TYPE for what is no frame of samples."""
        if not frame:
            raise invalid("audio", "is empty", reason="audio_empty")
        if frame.startswith(_FILES):
            raise AppError(
                ErrorKind.UNSUPPORTED_MEDIA_TYPE,
                "audio_not_pcm",
                "This is a file in a container. Send bare samples: mono, 16 bits, little endian.",
            )
        if len(frame) % 2:
            raise invalid("audio", "is not a whole number of 16-bit samples", reason="audio_damaged")
        seconds = len(frame) / 2 / self.sample_rate
        if seconds > MAX_FRAME_SECONDS:
            raise invalid(
                "audio",
                f"lasts {seconds:.2f} s; send frames of at most {MAX_FRAME_SECONDS:g} s",
                reason="audio_too_long",
            )
        return seconds

    def samples(self, frame: bytes) -> bytes:
        """The frame at 16,000 Hz. A few samples may come with the next frame."""
        if self._resampler is None:
            return frame
        given = av.AudioFrame(format="s16", layout="mono", samples=len(frame) // 2)
        given.sample_rate = self.sample_rate
        given.planes[0].update(frame)
        return b"".join(bytes(made.planes[0])[: made.samples * 2] for made in self._resampler.resample(given))


class Pace:
    """Lets audio in at the speed at which it can have been said, with some to spare for catching up."""

    def __init__(self) -> None:
        self._level = 0.0
        self._at: float | None = None

    def delay(self, seconds: float, now: float) -> float:
        """How long to wait before audio of that length is taken."""
        if self._at is not None:
            self._level = max(0.0, self._level - (now - self._at) * _CATCHING_UP)
        self._at = now
        self._level += max(seconds, _SHORTEST_FRAME_SECONDS)
        return max(0.0, self._level - _BURST_SECONDS) / _CATCHING_UP
