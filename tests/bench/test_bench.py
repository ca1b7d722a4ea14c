import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.answering import CONCURRENCIES

ROOT = Path(__file__).resolve().parents[2]


def test_a_short_run_measures_the_service_and_the_floor_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    figures = tmp_path / "figures.json"
    options = ["--rounds", "1", "--requests", "20", "--json", str(figures)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "answer", "reads", "login", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "throughput at 16 connections" in done.stdout
    taken = json.loads(figures.read_text("utf-8"))
    assert [one["connections"] for one in taken["answer"]] == list(CONCURRENCIES)
    assert len(taken["reads"]) == 4
    for one in taken["answer"] + taken["reads"]:
        assert one["service"]["throughput"] > 0
        assert one["floor"]["throughput"] > 0
    assert list(folder.iterdir()) == []
