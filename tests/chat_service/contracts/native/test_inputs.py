"""Every field of every body: another type, another size or a hostile text is refused by name and changes nothing."""

import json
from typing import Any

import pytest

from tests.chat_service.conftest import PASSWORD, Candidate, expect, problem

TEXT: list[object] = [1, 1.5, True, [], {}, ["x"], "nul \0", "half \ud800", ""]
LINE: list[object] = [*TEXT, "   ", "x" * 201]
NUMBER: list[object] = ["5", "", True, [], {}, -1, 10**30, "NaN", float("inf"), float("nan")]
CHOICE: list[object] = [1, None, [], {}, "", "DSA", "dsa ", "\0", "other"]
LIST: list[object] = ["x", 1, {}, {"a": 1}, True, [1], [None], [["x"]], [""], ["  "], ["\0"], ["\ud800"], ["x" * 201]]

FIELDS: dict[str, tuple[str, str, dict[str, Any], dict[str, list[Any]]]] = {
    "profile": (
        "PUT",
        "/profile/me",
        {},
        {
            "years_experience": [*NUMBER, 80.1],
            "tech_stacks": [*LIST, None, ["x"] * 51],
            "target_role": LINE,
            "target_company": LINE,
        },
    ),
    "interview": (
        "POST",
        "/interviews",
        {"domain": "dsa", "difficulty": "easy"},
        {
            "domain": CHOICE,
            "difficulty": CHOICE,
            "title": LINE,
            "job_role": LINE,
            "job_description": [*TEXT, "x" * 10_001],
            "focus_areas": [*LIST, None, ["x"] * 21],
            "skills": [*LIST, None, ["x"] * 51],
            "experience_level": [*LINE, "x" * 61],
            "target_company": LINE,
            "duration_minutes": [*NUMBER, 4, 481, 5.5, 6.0],
            "question_limit": [*NUMBER, 0, 51, 1.5, 2.0],
        },
    ),
    "practice": (
        "POST",
        "/coaching/practice-questions",
        {"skill": "Python"},
        {"include_reference": ["yes", "true", 1, 0, 1.0, None, [], {}]},
    ),
}


@pytest.mark.parametrize(("body", "field"), [(body, field) for body, one in FIELDS.items() for field in one[3]])
async def test_a_wrong_value_is_refused_by_the_name_of_its_field(candidate: Candidate, body: str, field: str) -> None:
    method, path, good, wrong = FIELDS[body]
    before = await candidate.http.get("/profile/me"), await candidate.http.get("/interviews")
    for value in wrong[field]:
        content = _json({**good, field: value})
        headers = {"Content-Type": "application/json"}
        reply = await candidate.http.request(method, path, content=content, headers=headers)
        fields = problem(422, "validation_failed", reply)["fields"]
        assert {one["field"].split(".")[0] for one in fields} == {field}, (value, fields)
        assert all(one["message"] for one in fields)
    after = await candidate.http.get("/profile/me"), await candidate.http.get("/interviews")
    assert [reply.json() for reply in after] == [reply.json() for reply in before]


@pytest.mark.parametrize("content", [*TEXT, None, "   ", "\n\t", "x" * 20_001])
async def test_an_unusable_answer_is_refused_and_the_question_waits_on(candidate: Candidate, content: object) -> None:
    interview = await candidate.started()
    reply = await candidate.http.post(
        f"/interviews/{interview['id']}/messages",
        content=_json({"content": content}),
        headers={"Content-Type": "application/json"},
    )
    assert [one["field"] for one in problem(422, "validation_failed", reply)["fields"]] == ["content"]
    read = expect(200, await candidate.http.get(f"/interviews/{interview['id']}"))
    assert read["current_question"] == interview["current_question"]
    assert read["transcript"][0]["answer"] is None


@pytest.mark.parametrize("question", [1, "", "x", [], {}, True, "\0"])
async def test_an_answer_to_what_is_no_question_id_is_refused(candidate: Candidate, question: object) -> None:
    interview = await candidate.started()
    reply = await candidate.say(interview["id"], "A hash table.", question_id=question)
    assert [one["field"] for one in problem(422, "validation_failed", reply)["fields"]] == ["question_id"]


async def test_text_of_every_script_comes_back_as_it_was_sent(candidate: Candidate) -> None:
    text = "Ёлки, 木, עברית, 🧑🏽‍💻, \u202e, \u0301, <script>alert(1)</script>, '; DROP TABLE users; --, \\u0000, %s"
    profile = {"years_experience": 2, "tech_stacks": ["python", "C++", "😀"], "target_role": text}
    read = expect(200, await candidate.http.put("/profile/me", json=profile))
    assert (read["target_role"], read["tech_stacks"], read["years_experience"]) == (text, profile["tech_stacks"], 2)
    interview = await candidate.started(title=text, question_limit=1)
    assert interview["title"] == text
    await candidate.answered(interview["id"], f" {text}\n")
    transcript = expect(200, await candidate.http.get(f"/interviews/{interview['id']}"))["transcript"]
    assert transcript[0]["answer"]["content"] == f" {text}\n"


async def test_fields_that_are_not_known_are_ignored(candidate: Candidate) -> None:
    created = await candidate.create(id="x", user_id="y", state="completed", overall_score=100, __proto__={})
    assert (created["state"], created["overall_score"]) == ("draft", None)


async def test_what_is_left_out_of_a_profile_is_cleared(candidate: Candidate) -> None:
    full = {
        "years_experience": 2,
        "tech_stacks": ["python", "angular"],
        "target_role": "SDE-2",
        "target_company": "Any",
    }
    expect(200, await candidate.http.put("/profile/me", json=full))
    read = expect(200, await candidate.http.put("/profile/me", json={"target_role": "  SDE-3 "}))
    assert {name: read[name] for name in full} == {
        "years_experience": None,
        "tech_stacks": [],
        "target_role": "SDE-3",
        "target_company": None,
    }


async def test_a_refused_sign_up_leaves_the_address_free(candidate: Candidate) -> None:
    email = f"new.{candidate.email}"
    refused = await candidate.http.post("/auth/signup", json={"email": email, "password": "short"})
    problem(422, "validation_failed", refused)
    expect(201, await candidate.http.post("/auth/signup", json={"email": email, "password": PASSWORD}))


def _json(value: object) -> bytes:
    """JSON as a client in Python may send it, with NaN and half surrogate pairs."""
    return json.dumps(value).encode()
