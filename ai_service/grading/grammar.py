"""Grammar issues of an answer, by Harper's offline checker, without what speech cannot show: spelling and style."""

import threading
from functools import cache

import harper

# Kinds of Harper's lints that are about grammar; spelling, style, capitals and punctuation are not.
_GRAMMAR_KINDS = frozenset(
    {"Agreement", "Grammar", "BoundaryError", "Repetition", "Malapropism", "Eggcorn", "Nonstandard", "Usage"}
)
_LONGEST = 4_000  # code points; the beginning of a longer answer stands for it
_lock = threading.Lock()  # a linter serves one thread at a time


def grammar_issues(text: str) -> list[tuple[int, int]]:
    """The places (start, end) in code points of the grammar issues in the first 4,000 code points of `text`."""
    with _lock:
        lints = _linter().lint(text[:_LONGEST], language=harper.Language.PLAINTEXT)
    return [(lint.span.start, lint.span.end) for lint in lints if lint.lint_kind in _GRAMMAR_KINDS]


def warm_up() -> None:
    """Load the checker's dictionary, which takes 0.4 s, ahead of the first answer."""
    with _lock:
        _linter()


@cache
def _linter() -> harper.Linter:
    linter = harper.Linter(harper.Dialect.AMERICAN)
    # Looking up suggestions for unknown words takes most of the time, and they are left out anyway.
    linter.set_lint_config({**harper.get_default_lint_config(), "SpellCheck": False, "Misspell": False})
    return linter
