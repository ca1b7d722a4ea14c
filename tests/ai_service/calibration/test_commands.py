import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.local.settings import ROOT

STACK = "A stack is a last-in first-out structure. Push adds an element at the top and pop removes the top element."
GOOD = {"id": "good", "question": "What is a stack?", "reference": STACK, "answer": STACK, "human_score": 5}
WRONG = {**GOOD, "id": "wrong", "answer": "It is a kind of tree that databases use for range scans.", "human_score": 1}
BLANK = {**GOOD, "id": "blank", "answer": "", "human_score": 0}
SAID = "Elements leave in the reverse order of their arrival, since push and pop both work at the top."
BY_POINTS: dict[str, Any] = {
    "id": "points",
    "question": "What is a stack?",
    "expected_points": [
        "Elements leave in the reverse order of their arrival.",
        {"text": "Push and pop work at the top."},
    ],
    "answer": "Elements leave in the reverse order of their arrival, since push and pop both work at the top.",
    "human_score": 5,
}


def _run(
    folder: Path, cache: Path, lines: list[str], *arguments: str, **variables: str
) -> "subprocess.CompletedProcess[str]":
    file = folder / "answers.jsonl"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "ai_service", arguments[0], str(file), "--processes", "1", *arguments[1:]],
        cwd=ROOT,
        env={"PATH": "", "AI_CACHE": str(cache), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def _dump(*lines: dict[str, Any]) -> list[str]:
    return [json.dumps(line) for line in lines]


def test_answers_are_graded_in_order_and_a_bad_line_is_reported_by_its_number(
    tmp_path: Path, model_cache: Path
) -> None:
    lines = [*_dump(GOOD, WRONG), "{", json.dumps({"answer": "nothing to compare with"}), *_dump(BLANK, BY_POINTS)]
    done = _run(tmp_path, model_cache, lines, "grade")
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["id"], one["line"]) for one in results] == [("good", 1), ("wrong", 2), ("blank", 5), ("points", 6)]
    good, wrong, blank, points = results
    assert good["score"] > 85
    assert wrong["score"] < 25
    assert blank["score"] is None
    assert blank["not_assessable_reason"] == "empty"
    assert points["score"] > 85
    quote = points["points"][0]["quote"]
    assert SAID[quote["start"] : quote["end"]] == quote["text"]
    assert good["provenance"]["engine"] == "builtin"
    assert not {"raw_score", "calibration"} & {*good, *good["provenance"]}
    assert "line 3:" in done.stderr
    assert "line 4: give expected_points or a reference" in done.stderr
    assert done.returncode == 1


def test_calibrate_prints_agreement_and_writes_a_curve_that_grade_applies(tmp_path: Path, model_cache: Path) -> None:
    curve = tmp_path / "curve.json"
    done = _run(tmp_path, model_cache, _dump(GOOD, WRONG, BLANK, BY_POINTS), "calibrate", "--fit", str(curve))
    assert done.returncode == 0, done.stderr
    assert "4 answers on the scale from 0 to 5" in done.stdout
    for name in ("Pearson r", "Spearman rho", "RMSE", "quadratic weighted kappa"):
        assert name in done.stdout
    graded = _run(tmp_path, model_cache, _dump(WRONG), "grade", "--calibration", str(curve))
    result = json.loads(graded.stdout)
    exponent = json.loads(curve.read_text())["exponent"]
    assert result["score"] == pytest.approx(100 * (result["raw_score"] / 100) ** exponent, abs=0.06)
    assert result["provenance"]["calibration"] == "curve"
    by_setting = _run(tmp_path, model_cache, _dump(WRONG), "grade", AI_CALIBRATION=str(curve))
    assert json.loads(by_setting.stdout) == result


EXAM = """<question id="1"><questionText>What is a stack?</questionText>
<referenceAnswers><referenceAnswer id="r">{reference}</referenceAnswer></referenceAnswers>
<studentAnswers>{answers}</studentAnswers></question>"""


def _calibrate_exam(folder: Path, cache: Path, answers: str) -> "subprocess.CompletedProcess[str]":
    (folder / "stack.xml").write_text(EXAM.format(reference=STACK, answers=answers), encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "ai_service", "calibrate", str(folder), "--processes", "1"],
        cwd=ROOT,
        env={"PATH": "", "AI_CACHE": str(cache)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_calibrate_reads_a_folder_of_exams_and_tells_blank_answers_apart(tmp_path: Path, model_cache: Path) -> None:
    done = _calibrate_exam(
        tmp_path,
        model_cache,
        f'<studentAnswer accuracy="correct">{STACK}</studentAnswer>'
        f'<studentAnswer accuracy="incorrect">{WRONG["answer"]}</studentAnswer>'
        "<studentAnswer><response> </response><score>0</score></studentAnswer>",
    )
    assert done.returncode == 0, done.stderr
    assert "3 answers on the scale from 0 to 1" in done.stdout
    assert "not assessable, counted as 0: 1" in done.stdout
    assert "the 2 others" in done.stdout
    assert "macro F1 of two classes 1.000" in " ".join(done.stdout.split())


def test_output_that_nobody_reads_to_its_end_is_no_error(tmp_path: Path, model_cache: Path) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text("\n".join(_dump(GOOD) * 3), encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "ai_service", "grade", str(file), "--processes", "1"],
        cwd=ROOT,
        env={"PATH": "", "AI_CACHE": str(model_cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as done:
        assert done.stdout is not None
        assert done.stderr is not None
        done.stdout.close()
        complaints = done.stderr.read()
    assert b"Traceback" not in complaints
    assert done.returncode == 1


def test_a_file_that_is_no_exam_is_named(tmp_path: Path, model_cache: Path) -> None:
    done = _calibrate_exam(tmp_path, model_cache, "<studentAnswer id='7'>It is.</studentAnswer>")
    assert done.returncode == 2
    assert "stack.xml cannot be read as an exam: the answer 7 has neither a score nor an accuracy" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("grade", "--calibration", "missing.json"), "missing.json cannot be used"),
        (("grade", "--processes", "0"), "--processes takes a number from 1"),
    ],
)
def test_wrong_use_says_what_to_do(tmp_path: Path, model_cache: Path, arguments: tuple[str, ...], message: str) -> None:
    done = _run(tmp_path, model_cache, _dump(GOOD), *arguments)
    assert done.returncode == 2
    assert message in done.stderr
