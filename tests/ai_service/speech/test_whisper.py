"""The path through faster-whisper and CTranslate2, with a model that is real in all but what it has learned."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ai_service.errors import ResourceError
from ai_service.speech.recognition import SAMPLE_RATE, Listening, Samples
from ai_service.speech.whisper import Whisper
from tests.ai_service.speech.sounds import recorded
from tests.ai_service.speech.tiny_whisper import build

SPOKEN: Samples = np.frombuffer(recorded("team"), np.int16)


def load(folder: Path, **options: Any) -> Whisper:
    asked = {"device": "cpu", "compute_type": "default", "at_once": 1, "cores": 1, **options}
    return Whisper.load(folder, "tiny-random", **asked)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("whisper"))


@pytest.fixture(scope="module")
def whisper(weights: Path) -> Whisper:
    return load(weights)


async def test_segments_and_words_have_times_inside_of_the_audio(whisper: Whisper) -> None:
    heard = await whisper.recognize(SPOKEN, Listening("en", "hash map, complement"))
    assert heard.language == "en"
    assert heard.segments
    seconds = len(SPOKEN) / SAMPLE_RATE
    for segment in heard.segments:
        assert segment.text == segment.text.strip() != ""
        assert 0 <= segment.start <= segment.end <= seconds
        assert segment.confidence is not None
        assert 0 <= segment.confidence <= 1
        for word in segment.words:
            assert word.text == word.text.strip() != ""
            assert 0 <= word.start <= word.end <= seconds
            assert word.confidence is not None
            assert 0 <= word.confidence <= 1
    starts = [word.start for segment in heard.segments for word in segment.words]
    assert starts
    assert starts == sorted(starts)


async def test_what_it_says_of_itself_is_what_was_loaded(whisper: Whisper) -> None:
    identity = whisper.identity
    assert (identity.engine, identity.model, identity.low_accuracy) == ("faster-whisper", "tiny-random", False)
    assert whisper.languages == ("en",)


async def test_it_computes_as_it_is_told(weights: Path) -> None:
    eight_bits = load(weights, compute_type="int8", at_once=2, cores=4)
    heard = await asyncio.gather(*(eight_bits.recognize(SPOKEN, Listening()) for _ in range(2)))
    assert all(one.segments for one in heard)
    await eight_bits.close()


async def test_more_than_a_window_is_no_utterance(whisper: Whisper) -> None:
    with pytest.raises(ValueError, match="more than 30 s"):
        await whisper.recognize(np.zeros(31 * SAMPLE_RATE, np.int16), Listening())


class _Endless:
    """A model whose segments never end, as far as they are asked for."""

    supported_languages = ("en",)

    def __init__(self, model: Any) -> None:
        self._model = model
        self.given = 0
        self.first, self.ended = threading.Event(), threading.Event()

    def transcribe(self, samples: Any, **options: Any) -> tuple[Iterator[Any], Any]:
        segments, info = self._model.transcribe(samples, **options)
        return self._again(next(iter(segments))), info

    def _again(self, segment: Any) -> Iterator[Any]:
        try:
            while True:
                self.given += 1
                self.first.set()
                yield segment
        finally:
            self.ended.set()


async def test_who_goes_away_ends_the_work_between_two_segments(weights: Path) -> None:
    real = load(weights)
    endless = _Endless(real._model)
    whisper = Whisper(endless, "endless", threads=1)
    asking = asyncio.create_task(whisper.recognize(SPOKEN, Listening()))
    assert await asyncio.to_thread(endless.first.wait, 30)
    waiting = asyncio.create_task(whisper.recognize(SPOKEN, Listening()))
    await asyncio.sleep(0)
    waiting.cancel()
    asking.cancel()
    for task in (asking, waiting):
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await asyncio.to_thread(endless.ended.wait, 30)
    given = endless.given
    # The thread is free again, and what waited for it was never begun.
    await asyncio.get_running_loop().run_in_executor(whisper._pool, lambda: None)
    assert endless.given == given


@pytest.mark.parametrize("missing", ["model.bin", "everything"])
def test_a_model_that_cannot_be_used_is_named(tmp_path: Path, missing: str) -> None:
    if missing == "model.bin":
        build(tmp_path)
        (tmp_path / "model.bin").write_bytes(b"no model")
    with pytest.raises(ResourceError, match="tiny-random cannot be used"):
        load(tmp_path)
