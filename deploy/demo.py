"""Plays one whole interview through the REST API of the running instance, readable as a conversation.

The candidate of the demonstration has read the question bank: to some questions he gives the reference answer, to some
half of it, and once he does not know. So a reader sees what strong, thin and missing answers score, and why.
"""

import itertools
import os
import secrets
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import yaml

_BANK = Path(__file__).parent.parent / "ai_service" / "interviewing" / "bank"
_WIDTH = 100
_QUESTIONS = 5
_DOMAIN = "dsa"


class DemoError(Exception):
    """The demonstration cannot go on; the message says why and what to do."""


def main() -> int:
    """Plays the interview; gives the exit status."""
    host = os.environ.get("HOST", "127.0.0.1")
    url = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{os.environ.get('PORT', '8000')}"  # noqa: S104
    try:
        with httpx2.Client(base_url=f"{url}/api/v1", timeout=60) as client:
            _play(client)
    except httpx2.ConnectError:
        print(f"Nothing answers at {url}. Start it first, in another terminal: make run", file=sys.stderr)
        return 1
    except DemoError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _play(client: httpx2.Client) -> None:
    email, password = f"demo-{secrets.token_hex(4)}@example.com", secrets.token_urlsafe(12)
    _call(client, "POST", "/auth/signup", {"email": email, "password": password})
    tokens = _call(client, "POST", "/auth/login", {"email": email, "password": password})
    client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    wanted = {"domain": _DOMAIN, "difficulty": "medium", "question_limit": _QUESTIONS}
    interview = _call(client, "POST", "/interviews", wanted)
    _say("", f"{email} interviews on data structures and algorithms, medium, {_QUESTIONS} questions.")
    question = _call(client, "POST", f"/interviews/{interview['id']}/start")["current_question"]
    references, manner = _references(), _manners()
    while question is not None:
        kind = "follow-up" if question["kind"] == "follow_up" else question["topic_title"]
        _say(f"Interviewer  [{question['number']}/{_QUESTIONS}, {question['difficulty']}, {kind}]", question["text"])
        answer = _answer(references.get(question["text"], ""), next(manner))
        _say("Candidate", answer)
        graded = _call(client, "POST", f"/interviews/{interview['id']}/messages", {"content": answer})
        _show_grade(graded)
        question = graded["next_question"]
    _show_report(_call(client, "POST", f"/interviews/{interview['id']}/end"))


def _manners() -> Iterator[str]:
    return itertools.chain(["full", "half", "full", "none"], itertools.repeat("full"))


def _answer(reference: str, manner: str) -> str:
    if manner == "none" or not reference:
        return "I don't know, sorry."
    sentences = reference.split(". ")
    return reference if manner == "full" else ". ".join(sentences[: max(1, len(sentences) // 2)]) + "."


def _references() -> dict[str, str]:
    known = {}
    for cell in sorted((_BANK / _DOMAIN).glob("*.yaml")):
        for question in yaml.safe_load(cell.read_text(encoding="utf-8")).get("questions", ()):
            for one in (question, *question["follow_ups"]):
                known[one["text"].strip()] = one["reference_answer"].strip()
    return known


def _show_grade(graded: dict[str, Any]) -> None:
    evaluation = graded["evaluation"]
    if graded["score"] is None:
        _say("Score", f"none ({evaluation['not_assessable_reason']}): it stays out of every average")
    else:
        _say("Score", f"{graded['score']:.1f} of 100")
        for one in evaluation["criteria"]:
            print(f"    {one['score'] or 0:5.1f}  {one['title']}")
    for point in evaluation["points"]:
        print(_wrapped(f"{point['status']}: {point['text']}", "    - "))
        if point["quote"] is not None:
            print(_wrapped(f'"{point["quote"]["quote"]}"', "        "))
    _say("Feedback", evaluation["feedback"])


def _show_report(ended: dict[str, Any]) -> None:
    report = ended["report"]
    score = "none" if report["overall_score"] is None else f"{report['overall_score']:.1f} of 100"
    _say("Report", f"Overall {score}. {report['summary']}")
    for title, entries in (
        ("Strengths", report["strengths"]),
        ("Gaps", report["gaps"]),
        ("Next", report["next_steps"]),
    ):
        if entries:
            print(f"\n{title}")
        for one in entries:
            print(_wrapped(one["text"], "    - "))


def _call(client: httpx2.Client, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    response = client.request(method, path, json=body)
    if response.is_error:
        problem = response.json()
        raise DemoError(f"{method} {path}: {problem['status']} {problem['code']}: {problem['detail']}")
    return response.json()


def _say(who: str, text: str) -> None:
    print()
    if who:
        print(who)
    print(_wrapped(text, "    "))


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(text, _WIDTH, initial_indent=indent, subsequent_indent=" " * len(indent))


if __name__ == "__main__":
    sys.exit(main())
