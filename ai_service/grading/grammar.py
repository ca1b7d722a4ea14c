"""Grammar issues of an answer, by Harper's offline checker, without what speech cannot show: spelling and style."""

import threading
from functools import cache

import harper

from ai_service.grading.grade import GrammarIssue
from ai_service.grading.words import read_list

_LONGEST = 4_000  # code points; the beginning of a longer answer stands for it
_lock = threading.Lock()  # a linter serves one thread at a time


def grammar_issues(text: str) -> tuple[GrammarIssue, ...]:
    """The grammar issues in the first 4,000 code points of `text`, in order of their places."""
    with _lock:
        lints = _linter().lint(text[:_LONGEST], language=harper.Language.PLAINTEXT)
    issues = (GrammarIssue(lint.span.start, lint.span.end, lint.message, _replacement(text, lint)) for lint in lints)
    return tuple(sorted(issues, key=lambda issue: (issue.start, issue.end)))


def warm_up() -> None:
    """Load the checker's dictionary, which takes 0.4 s, ahead of the first answer."""
    with _lock:
        _linter()


def _replacement(text: str, lint: harper.Lint) -> str | None:
    if not lint.suggestions:
        return None
    first = lint.suggestions[0]
    if first.kind is harper.SuggestionKind.REMOVE:
        return ""
    if first.kind is harper.SuggestionKind.INSERT_AFTER:
        return text[lint.span.start : lint.span.end] + first.replacement_text
    return first.replacement_text


@cache
def _linter() -> harper.Linter:
    """A linter with the rules about grammar only: all of them take three times as long."""
    rules = read_list("grammar_rules.txt")
    linter = harper.Linter(harper.Dialect.AMERICAN)
    linter.set_lint_config({name: name in rules for name in harper.get_default_lint_config()})
    return linter
