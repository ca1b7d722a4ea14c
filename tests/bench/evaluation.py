"""The built-in grader: how soon it is loaded, how long an answer takes, and how many it grades with all cores."""

import itertools
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import load_bank
from ai_service.interviewing.interview import Question
from tests.bench.figures import percentile
from tests.bench.jobs import BenchError

_WORDS = 200
_POINTS = 6
_QUESTIONS = 10
_ANSWERS_EACH = 6


@dataclass(frozen=True)
class EvaluationFigures:
    """Seconds to load the model for the first time (it is converted then) and later, and milliseconds an answer.

    An answer has 200 words, its question 6 points. `first` is the first answer to a question, whose points are read
    then; `later` and `later_p95` are the answers after it. Both are measured in one thread; `threads` of them grade
    `batch_rate` answers a second.
    """

    first_load_seconds: float
    load_seconds: float
    first: float
    later: float
    later_p95: float
    threads: int
    batch_rate: float


def measure() -> EvaluationFigures:
    """Measures the grader in this process, with the bank's questions of six points."""
    with tempfile.TemporaryDirectory(prefix="mock-interview-bench-") as cache:
        begun = time.perf_counter()
        Grader.load(Path(cache))
        converted = time.perf_counter()
        grader = Grader.load(Path(cache))
        loaded = time.perf_counter()
    graded = _answers()
    _grade(grader, *graded[0])
    first: list[float] = []
    later: list[float] = []
    for place, (question, answer) in enumerate(graded):
        took = _grade(grader, question, answer)
        if place == 0:
            continue
        (first if place % _ANSWERS_EACH == 0 else later).append(took)
    threads = os.cpu_count() or 1
    batch = [*graded, *graded]
    with ThreadPoolExecutor(threads) as pool:
        started = time.perf_counter()
        list(pool.map(lambda one: _grade(grader, *one), batch))
        batch_seconds = time.perf_counter() - started
    return EvaluationFigures(
        first_load_seconds=converted - begun,
        load_seconds=loaded - converted,
        first=median(first),
        later=median(later),
        later_p95=percentile(sorted(later), 95),
        threads=threads,
        batch_rate=len(batch) / batch_seconds,
    )


def _grade(grader: Grader, question: Question, answer: str) -> float:
    begun = time.perf_counter()
    grader.grade(question=question.text, points=question.points, reference=question.reference_answer, answer=answer)
    return (time.perf_counter() - begun) * 1000


def _answers() -> Sequence[tuple[Question, str]]:
    """Answers of 200 words to each question, grouped by question: its reference answer and more of the bank's."""
    questions = [entry.question for entry in load_bank().questions]
    chosen = [one for one in questions if len(one.points) == _POINTS][:_QUESTIONS]
    if not chosen:
        raise BenchError(f"The bank has no question with {_POINTS} points.")
    prose = _prose(questions)
    return [
        (question, " ".join([*question.reference_answer.split(), *itertools.islice(prose, _WORDS)][:_WORDS]))
        for question in chosen
        for _ in range(_ANSWERS_EACH)
    ]


def _prose(questions: Sequence[Question]) -> Iterator[str]:
    for question in itertools.cycle(questions):
        yield from question.reference_answer.split()
