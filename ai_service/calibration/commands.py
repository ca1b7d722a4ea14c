"""The commands `grade` and `calibrate`."""

import argparse
import contextlib
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ai_service.calibration.agreement import Agreement, Estimate, agreement
from ai_service.calibration.batch import Graded, grade_all
from ai_service.calibration.exams import ExamError, exam_lines, is_exam
from ai_service.calibration.fitting import fit
from ai_service.calibration.lines import BadLine, GradingLine, ScoredLine, read_lines
from ai_service.calibration.results import result_line
from ai_service.engines import load_batch_engine
from ai_service.grading.calibration import Calibration, CalibrationError
from ai_service.settings import EngineSettings

_FEWEST_FOR_A_QUESTION = 5


class CommandError(Exception):
    """A command cannot do what it was asked; the message says why."""


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the commands to a command line. Each sets `run`, which takes the arguments and the settings."""
    grade = commands.add_parser("grade", help="grade answers given as JSON lines")
    grade.add_argument(
        "file", nargs="?", default="-", help="JSON lines with question, expected_points or reference, answer"
    )
    grade.set_defaults(run=_grade)
    grade.add_argument(
        "--calibration",
        type=Path,
        metavar="FILE",
        help="a calibration file to apply; default: AI_CALIBRATION for the built-in engine",
    )
    calibrate = commands.add_parser("calibrate", help="compare the grader with human scores")
    calibrate.add_argument(
        "file",
        help="JSON lines as for grade, each with human_score; or a file or folder in the XML of SemEval-2013 Task 7",
    )
    calibrate.add_argument(
        "--scale", nargs=2, type=float, metavar=("LOW", "HIGH"), help="the human scale; default: as seen"
    )
    calibrate.add_argument(
        "--fit", type=Path, metavar="OUT", help="write a calibration file fitted to the human scores"
    )
    calibrate.add_argument("--calibration", type=Path, metavar="FILE", help="a calibration file to apply")
    calibrate.set_defaults(run=_calibrate)
    for command in (grade, calibrate):
        command.add_argument("--engine", choices=("builtin", "openai"), default="builtin")
        command.add_argument("--processes", type=int, metavar="N", help="default: one a core (AI_THREADS)")


def _grade(arguments: argparse.Namespace, settings: EngineSettings) -> int:
    path = arguments.calibration
    if path is None and arguments.engine == "builtin":
        path = settings.ai_calibration
    bad = 0
    for one in _graded(arguments, settings, GradingLine, _calibration(path)):
        if isinstance(one, BadLine):
            bad += 1
            _complain(one)
        else:
            sys.stdout.buffer.write(result_line(one))
            sys.stdout.buffer.flush()
    return 1 if bad else 0


def _calibrate(arguments: argparse.Namespace, settings: EngineSettings) -> int:
    calibration = _calibration(arguments.calibration)
    machine: list[float] = []
    human: list[float] = []
    questions: dict[str, list[int]] = defaultdict(list)
    assessed: list[int] = []
    bad = 0
    for one in _graded(arguments, settings, ScoredLine, calibration):
        if isinstance(one, BadLine):
            bad += 1
            _complain(one)
            continue
        if isinstance(one.line, ScoredLine):
            questions[one.line.question or one.line.reference].append(len(machine))
            if one.evaluation.score is not None:
                assessed.append(len(machine))
            machine.append(one.evaluation.score or 0.0)
            human.append(one.line.human_score)
    low, high = arguments.scale or (min(human, default=0.0), max(human, default=0.0))
    try:
        _print_agreement(f"{len(machine)} answers on the scale from {low:g} to {high:g}", machine, human, low, high)
    except ValueError as error:
        raise CommandError(str(error)) from None
    print(f"  not assessable, counted as 0: {len(machine) - len(assessed)}")
    if 2 <= len(assessed) < len(machine):
        _print_agreement(
            f"the {len(assessed)} others",
            [machine[at] for at in assessed],
            [human[at] for at in assessed],
            low,
            high,
        )
    _print_questions(questions, machine, human, low, high)
    if arguments.fit is not None:
        curve = fit(machine, human, low=low, high=high, name=arguments.fit.stem)
        curve.save(arguments.fit)
        _print_agreement(
            f"fitted: exponent {curve.exponent:g}, written to {arguments.fit}",
            [curve.apply(one) for one in machine],
            human,
            low,
            high,
        )
    return 1 if bad else 0


def _graded(
    arguments: argparse.Namespace,
    settings: EngineSettings,
    kind: type[GradingLine],
    calibration: Calibration | None,
) -> Iterator[Graded | BadLine]:
    load = partial(load_batch_engine, settings, arguments.engine, calibration)
    processes = settings.ai_threads if arguments.processes is None else arguments.processes
    if processes < 1:
        raise CommandError("--processes takes a number from 1")
    with (
        _open(arguments.file) as (stream, total),
        tqdm(total=total, unit="B", unit_scale=True, desc="graded", disable=None, file=sys.stderr) as bar,
    ):
        try:
            yield from grade_all(read_lines(_counted(stream, bar.update), kind), load, processes=processes)
        except ExamError as error:
            raise CommandError(str(error)) from None


@contextlib.contextmanager
def _open(name: str) -> Iterator[tuple[Iterable[bytes], int | None]]:
    if name == "-":
        yield sys.stdin.buffer, None
        return
    path = Path(name)
    if is_exam(path):
        yield exam_lines(path), None
        return
    try:
        with path.open("rb") as stream:
            yield stream, path.stat().st_size
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}") from None


def _counted(stream: Iterable[bytes], count: Callable[[int], Any]) -> Iterator[bytes]:
    for line in stream:
        yield line
        count(len(line))


def _calibration(path: Path | None) -> Calibration | None:
    if path is None:
        return None
    try:
        return Calibration.load(path)
    except CalibrationError as error:
        raise CommandError(str(error)) from None


def _complain(line: BadLine) -> None:
    tqdm.write(f"line {line.number}: {line.reason}", file=sys.stderr)


def _print_agreement(title: str, machine: list[float], human: list[float], low: float, high: float) -> None:
    found: Agreement = agreement(machine, human, low=low, high=high)
    print(title)
    for name, estimate in (
        ("Pearson r", found.pearson),
        ("Spearman rho", found.spearman),
        ("RMSE", found.rmse),
        ("quadratic weighted kappa", found.kappa),
    ):
        print(f"  {name:<25}{_shown(estimate)}")
    if len(set(human)) == 2:
        print(f"  {'macro F1 of two classes':<25}{_shown(found.macro_f1)}")


def _print_questions(
    questions: dict[str, list[int]], machine: list[float], human: list[float], low: float, high: float
) -> None:
    shown = {text: at for text, at in questions.items() if len(at) >= _FEWEST_FOR_A_QUESTION}
    if len(shown) < 2:
        return
    print("\nby question\n  answers      r   RMSE  machine  human  question")
    for text, places in sorted(shown.items(), key=lambda one: -len(one[1])):
        ours, theirs = [machine[at] for at in places], [human[at] for at in places]
        found = agreement(ours, theirs, low=low, high=high)
        mean = low + sum(ours) / len(ours) / 100 * (high - low)
        print(
            f"  {len(places):7d}  {found.pearson.value:5.2f}  {found.rmse.value:5.2f}  {mean:7.2f}"
            f"  {sum(theirs) / len(theirs):5.2f}  {' '.join(text.split())[:70]}"
        )


def _shown(estimate: Estimate) -> str:
    return f"{estimate.value:6.3f}  [{estimate.low:.3f}, {estimate.high:.3f}]"
