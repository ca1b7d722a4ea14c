"""POST /interviews/{id}/messages beside the floor."""

from collections.abc import Iterator, Sequence
from functools import partial

from tests.bench.candidates import Candidate
from tests.bench.comparison import Comparison, Effort, compare
from tests.bench.jobs import request
from tests.bench.pilot import ANSWERS, answer
from tests.bench.stage import Stage

CONCURRENCIES = (1, 16, 64)


def measure(stage: Stage, effort: Effort) -> Iterator[Comparison]:
    """One comparison for each concurrency.

    Every request is the first answer to a question and gets the next one; every interview belongs to a candidate of
    its own, and its answers are given one after the other.
    """
    for connections in CONCURRENCIES:
        # At the end each connection may be in the middle of an interview.
        interviews = effort.requests_with_warm_up // ANSWERS + 2 * connections
        candidates = stage.candidates.make(2 * effort.rounds * interviews, model=stage.pilot.started)
        turns = iter(candidates[start : start + interviews] for start in range(0, len(candidates), interviews))
        yield compare(stage.stack, "answer", connections, effort, partial(_next_scripts, turns))


def _next_scripts(turns: Iterator[Sequence[Candidate]]) -> Sequence[Sequence[str]]:
    return [_script(candidate) for candidate in next(turns)]


def _script(candidate: Candidate) -> Sequence[str]:
    path = f"/api/v1/interviews/{candidate.interviews[0]}/messages"
    return [request("POST", path, candidate.token, {"content": answer(number)}) for number in range(ANSWERS)]
