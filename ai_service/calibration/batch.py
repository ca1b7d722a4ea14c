"""Grading many answers on all cores, in order and in constant memory."""

import asyncio
import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass

from ai_service.calibration.lines import BadLine, GradingLine
from ai_service.interviewing.engine import Engine
from ai_service.interviewing.interview import Difficulty, Evaluation, InterviewContext, SubmittedAnswer

# Enough to keep every process busy while the oldest result is awaited, and no more than a few answers in memory.
_AHEAD = 8


@dataclass(frozen=True, slots=True)
class Graded:
    """A graded line and its number."""

    number: int
    line: GradingLine
    evaluation: Evaluation


class _Process:
    """What each process holds: an engine and the loop that it runs on."""

    engine: Engine
    loop: asyncio.Runner


def grade_all(
    lines: Iterable[tuple[int, GradingLine] | BadLine], load: Callable[[], Engine], *, processes: int
) -> Iterator[Graded | BadLine]:
    """Grades line by line, by the code that serves EvaluateAnswer; results come in the order of the lines.

    `load` is called once in each process and has to be importable there. A line whose grading fails is bad, and the
    rest goes on.
    """
    waiting: deque[tuple[int, GradingLine, Future[Evaluation]] | BadLine] = deque()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_load, initargs=(load,)) as pool:
        for one in lines:
            waiting.append(one if isinstance(one, BadLine) else (*one, pool.submit(_grade, one[1])))
            if len(waiting) > _AHEAD * processes:
                yield _result(waiting.popleft())
        while waiting:
            yield _result(waiting.popleft())


def _result(one: tuple[int, GradingLine, Future[Evaluation]] | BadLine) -> Graded | BadLine:
    if isinstance(one, BadLine):
        return one
    number, line, future = one
    error = future.exception()
    return BadLine(number, f"cannot be graded: {error}") if error else Graded(number, line, future.result())


def _load(load: Callable[[], Engine]) -> None:
    _Process.engine = load()
    _Process.loop = asyncio.Runner()


def _grade(line: GradingLine) -> Evaluation:
    context = InterviewContext(domain=line.domain, difficulty=Difficulty.MEDIUM, question_limit=1)
    submitted = SubmittedAnswer(line.as_question(), line.answer)
    return _Process.loop.run(_Process.engine.evaluate(context, submitted))
