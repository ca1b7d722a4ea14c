import harper
import pytest

from ai_service.grading.grammar import grammar_issues
from ai_service.grading.words import read_list


@pytest.mark.parametrize(
    ("sentence", "place", "suggestion"),
    [
        ("She have a lock.", "She have", "She has"),
        ("The the lock is held.", "The the", "The"),
        ("It could of been held.", "could of", "could have"),
        ("I am interested on it.", "interested on", "interested in"),
        ("One of the reason is cost.", "reason", "reasons"),
        ("I got many advices.", "advices", None),
        ("It is worth to try.", "worth to try", "worth trying"),
        ("For all intensive purposes it waits.", "For all intensive purposes", None),
    ],
)
def test_an_issue_has_its_place_its_message_and_a_suggestion(sentence: str, place: str, suggestion: str | None) -> None:
    text = f"🙂 Cafe\u0301 👩‍💻 is open. {sentence}"
    issues = grammar_issues(text)
    start = text.index(sentence)
    assert len(issues) == 1, issues
    (issue,) = issues
    assert issue.message
    assert text[issue.start : issue.end] in place
    assert start <= issue.start < issue.end <= len(text)
    if suggestion is not None:
        mended = text[start : issue.start] + str(issue.suggestion) + text[issue.end :]
        assert mended == sentence.replace(place, suggestion)


@pytest.mark.parametrize(
    "text",
    [
        "A thread waits for a permit. It continues afterwards.",
        "teh semafore counts permitts",
        "the lock is held, the other thread waits",
    ],
)
def test_spelling_capitals_and_punctuation_are_no_issue(text: str) -> None:
    assert grammar_issues(text) == ()


def test_every_rule_is_one_that_the_checker_has_and_uses_by_default() -> None:
    known = harper.get_default_lint_config()
    assert {rule for rule in read_list("grammar_rules.txt") if not known.get(rule)} == set()


def test_the_checker_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    grammar_issues("I look forward to work. I am looking forward to see it. It is a chicken and the egg problem.")
    assert capfd.readouterr() == ("", "")


def test_no_issue_about_grammar_is_lost_by_leaving_out_the_other_rules() -> None:
    kinds = {"Agreement", "BoundaryError", "Eggcorn", "Grammar", "Malapropism", "Nonstandard", "Repetition", "Usage"}
    text = (
        "He go there. It did not worked. One of the reason is cost. I got many advices. It has went away. "
        "I have wrote it in Go. There is many users. It depends of the load. We discussed about it. "
        "This allows to scale. I am agree with it. In the other hand, it is slow. We was late. It are fast. "
        "It will fails. Its a good idea. I'm good in databases. I wish I can do it. It was suppose to work. "
        "She explained me the issue. These kind of things fail. We let it to run. It is different then that. "
        "They did it theirselves. The the lock waits. We invested into tooling. I look forward seeing it. "
        "For all intensive purposes it works. It was a mute point. A lock is is held. I seen it."
    )
    every = harper.Linter(harper.Dialect.AMERICAN)
    every.set_lint_config({**harper.get_default_lint_config(), "SpellCheck": False})
    found = {
        (lint.span.start, lint.span.end)
        for lint in every.lint(text, language=harper.Language.PLAINTEXT)
        if lint.lint_kind in kinds
    }
    assert len(found) > 15
    assert found <= {(issue.start, issue.end) for issue in grammar_issues(text)}
