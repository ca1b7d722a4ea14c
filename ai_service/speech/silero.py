"""How likely it is that somebody speaks, by the silero model that faster-whisper ships."""

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from ai_service.errors import ResourceError
from ai_service.speech.recognition import Samples

if TYPE_CHECKING:  # takes a second to import, which not every command needs
    from onnxruntime import InferenceSession

WINDOW = 512
"""Samples at `SAMPLE_RATE` that one probability is about: 32 ms."""

_CONTEXT = 64
_STATE = (1, 1, 128)
_FULL_SCALE = 32768.0


class Silero:
    """The model, loaded once for any number of streams. A run uses one thread and lets go of Python's lock."""

    def __init__(self, session: "InferenceSession") -> None:
        self._session = session

    @classmethod
    def load(cls) -> Self:
        """The model of the installed faster-whisper. Raises `ResourceError` when it cannot be used."""
        # Looked for and not imported, which takes a second.
        package = importlib.util.find_spec("faster_whisper")
        if package is None or package.origin is None:
            raise ResourceError("speech needs faster-whisper, one of the packages of the extra `speech`")
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 4
        found = sorted((Path(package.origin).parent / "assets").glob("silero_vad*.onnx"))
        try:
            return cls(onnxruntime.InferenceSession(found[-1], options, providers=["CPUExecutionProvider"]))
        except Exception as error:
            raise ResourceError(f"the model of voice activity cannot be loaded ({error}); reinstall it") from error

    def stream(self) -> "SileroStream":
        """A new stream, before its first window."""
        return SileroStream(self._session)


class SileroStream:
    """One stream of audio, whose windows are given in order."""

    def __init__(self, session: "InferenceSession") -> None:
        self._session = session
        self._h: NDArray[np.float32] = np.zeros(_STATE, np.float32)
        self._c: NDArray[np.float32] = np.zeros(_STATE, np.float32)
        self._context: NDArray[np.float32] = np.zeros(_CONTEXT, np.float32)

    def probabilities(self, samples: Samples) -> list[float]:
        """The probability of speech, 0 to 1, in each window of the next samples, a multiple of WINDOW of them.

        About 0.07 to 0.2 ms a window, so that some ten windows may be given on an event loop.
        """
        windows = samples.astype(np.float32).reshape(-1, WINDOW) / _FULL_SCALE
        with_context = np.empty((len(windows), _CONTEXT + WINDOW), np.float32)
        with_context[:, _CONTEXT:] = windows
        with_context[0, :_CONTEXT] = self._context
        with_context[1:, :_CONTEXT] = windows[:-1, -_CONTEXT:]
        self._context = windows[-1, -_CONTEXT:]
        output, self._h, self._c = self._session.run(None, {"input": with_context, "h": self._h, "c": self._c})
        return [float(one) for one in output]
