"""The read endpoints beside a floor of one SELECT."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from tests.bench.candidates import Candidate
from tests.bench.comparison import Comparison, Effort, compare
from tests.bench.jobs import request
from tests.bench.stage import Stage

CONNECTIONS = 16
_READERS = 50
_INTERVIEWS_EACH = 20  # a full page of the list

# Each gives the paths that a reader asks for.
_ENDPOINTS: Mapping[str, Callable[[Candidate], Iterator[str]]] = {
    "GET /interviews/{id}": lambda reader: (f"interviews/{one}" for one in reader.interviews),
    "GET /interviews": lambda _: iter(("interviews",)),
    "GET /profile/me": lambda _: iter(("profile/me",)),
    "GET /interviews/{id}/result": lambda reader: (f"interviews/{one}/result" for one in reader.interviews),
}


def measure(stage: Stage, effort: Effort) -> Iterator[Comparison]:
    """One comparison for each endpoint. Every reader has 20 completed interviews of five answers."""
    readers = stage.candidates.make(_READERS, model=stage.pilot.finished, interviews=_INTERVIEWS_EACH)
    for name, paths in _ENDPOINTS.items():
        scripts = [[request("GET", f"/api/v1/{path}", one.token) for path in paths(one)] for one in readers]
        yield compare(stage.stack, name, CONNECTIONS, effort, partial(_again, scripts), repeat=True)


def _again(scripts: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
    return scripts
