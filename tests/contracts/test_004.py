"""Contract 004, "AI Mock Interview System", request by request as it is published."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import grpc
import httpx2
import jwt
import pytest

from chat_service.accounts.identity import Role
from chat_service.interviews.scoring import WEIGHTS
from tests.audio import encoded, wav
from tests.chat_service.conftest import Candidate, Service
from tests.chat_service.conftest import expect as expect_plain
from tests.contracts.playing import ANSWER

ANSWERS = [f"{ANSWER} In answer {number} the challenge led to teamwork." for number in range(6)]

REGISTER = {"email": "user@example.com", "password": "SecurePass123!", "full_name": "John Doe"}
SESSION = {
    "title": "Software Engineer Interview",
    "target_role": "Senior Software Engineer",
    "target_company": "Tech Corp",
    "difficulty": "medium",
}
GENERATE = {
    "num_questions": 5,
    "categories": ["behavioral", "technical", "situational"],
    "skills": ["Python", "FastAPI", "PostgreSQL"],
}
EVALUATE = {"expected_keywords": ["challenge", "solution", "teamwork", "outcome", "learning"]}

# What the document answers, by step; only names and types matter.
REGISTERED = {"id": "uuid-xxx", "email": "user@example.com", "full_name": "John Doe", "token": "eyJ..."}
CREATED = {"id": "session-uuid", "status": "created", "title": "Software Engineer Interview"}
QUESTION = {
    "id": "q-uuid-1",
    "question_text": "Tell me about a challenging project...",
    "category": "behavioral",
    "difficulty": "medium",
    "time_limit": 120,
}
AUDIO = {
    "audio_id": "audio-uuid",
    "file_path": "/uploads/sessions/xxx/q-1.mp3",
    "duration": 95,
    "format": "mp3",
    "size_bytes": 1234567,
}
TRANSCRIPT = {
    "transcript": "In my previous role at XYZ Company, I faced a challenging project...",
    "language": "en",
    "duration": 95.5,
    "confidence": 0.94,
    "word_count": 156,
}
EVALUATED = {
    "relevance_score": 85.5,
    "grammar_score": 78.2,
    "fluency_score": 82.0,
    "keyword_score": 90.0,
    "overall_score": 83.8,
    "summary": "Good response with clear structure...",
    "suggestions": ["Consider adding more specific metrics", "Include the outcome more explicitly"],
}
SCORES = {
    "total_score": 78.5,
    "letter_grade": "B+",
    "breakdown": {
        "relevance": {"raw": 82, "weighted": 28.7},
        "grammar": {"raw": 75, "weighted": 15.0},
        "fluency": {"raw": 80, "weighted": 20.0},
        "keywords": {"raw": 77, "weighted": 15.4},
    },
    "question_scores": [{}],
    "performance_summary": "Good performance with strong relevance...",
}
REMARK = {"category": "Relevance", "message": "Strong connection between responses and question requirements"}
FEEDBACK = {
    "overall_rating": "Good",
    "summary": "Your interview performance was rated as Good with an overall score of 78.5/100...",
    "strengths": [REMARK],
    "weaknesses": [REMARK],
    "suggestions": [REMARK],
    "resources": [{"title": "Business English Communication", "type": "course", "url": "https://..."}],
    "readiness_score": 72,
    "readiness_level": "Almost Ready",
    "next_steps": ["Complete 2-3 more mock interview sessions"],
}
DASHBOARD = {
    "total_interviews": 12,
    "total_questions": 48,
    "average_score": 76.3,
    "best_score": 89.2,
    "recent_score": 78.5,
    "total_practice_time": 240,
    "improvement_rate": 8.5,
    "current_streak": 3,
    "longest_streak": 7,
    "skills_breakdown": {"relevance": 80.2, "grammar": 72.5, "fluency": 78.0, "keywords": 74.8},
    "category_scores": {"behavioral": 82.0, "technical": 74.5, "situational": 77.8},
}


def fits(published: Any, live: Any, where: str = "data") -> None:
    """Everything published is there, by name and type."""
    if isinstance(published, dict):
        assert isinstance(live, dict), where
        for name, value in published.items():
            assert name in live, f"{where}.{name}"
            fits(value, live[name], f"{where}.{name}")
    elif isinstance(published, list):
        assert isinstance(live, list), where
        assert live, where
        for one in live:
            fits(published[0], one, where)
    elif isinstance(published, float) or type(live) is float:
        assert isinstance(live, int | float), where
        assert not isinstance(live, bool), where
    else:
        assert type(live) is type(published), f"{where}: {live!r}"


def expect(status: int, reply: httpx2.Response) -> Any:
    """The data of an answer in the published envelope."""
    body = expect_plain(status, reply)
    assert set(body) == {"success", "data", "error", "meta"}
    assert body["success"] is True
    assert body["error"] is None
    require_meta(body["meta"], reply)
    return body["data"]


def refused(status: int, reply: httpx2.Response) -> dict[str, Any]:
    """The error of an answer in the published envelope."""
    body = expect_plain(status, reply)
    assert set(body) == {"success", "data", "error", "meta"}
    assert body["success"] is False
    assert body["data"] is None
    assert set(body["error"]) == {"code", "message", "details"}
    assert body["error"]["code"] == status
    assert body["error"]["message"]
    assert all(set(one) == {"field", "message"} for one in body["error"]["details"])
    require_meta(body["meta"], reply)
    return dict(body["error"])


def require_meta(meta: dict[str, Any], reply: httpx2.Response) -> None:
    assert datetime.fromisoformat(meta["timestamp"]).utcoffset() is not None
    assert meta["timestamp"].endswith("Z")
    assert meta["request_id"] == reply.headers["x-request-id"]


class Client:
    """A client of the document, with an account."""

    def __init__(self, http: httpx2.AsyncClient, account: dict[str, Any]) -> None:
        self.http = http
        self.account = account

    async def session(self, **fields: Any) -> str:
        return str(expect(201, await self.http.post("/interviews/sessions", json={**SESSION, **fields}))["id"])

    async def questions(self, session_id: str, count: int = 2) -> list[dict[str, Any]]:
        body = {**GENERATE, "num_questions": count}
        url = f"/interviews/sessions/{session_id}/questions/generate"
        return list(expect(201, await self.http.post(url, json=body))["questions"])

    async def evaluate(self, session_id: str, question_id: str, **body: Any) -> httpx2.Response:
        return await self.http.post(f"/interviews/sessions/{session_id}/questions/{question_id}/evaluate", json=body)


@pytest.fixture
async def enter(service: Service) -> AsyncIterator[Callable[[], Any]]:
    """Registers somebody new."""
    clients: list[httpx2.AsyncClient] = []

    async def register() -> Client:
        http = httpx2.AsyncClient(base_url=f"{service.url}/contracts/interview-system/api/v1", timeout=20)
        clients.append(http)
        body = {**REGISTER, "email": f"{uuid4().hex}@example.com"}
        account = expect(201, await http.post("/users/register", json=body))
        http.headers["Authorization"] = f"Bearer {account['token']}"
        return Client(http, account)

    yield register
    for http in clients:
        await http.aclose()


@pytest.fixture
async def client(enter: Callable[[], Any]) -> Client:
    someone: Client = await enter()
    return someone


@pytest.fixture
async def nobody(service: Service) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=f"{service.url}/contracts/interview-system/api/v1") as http:
        yield http


async def test_the_published_flow_from_registration_to_the_dashboard(client: Client) -> None:
    http = client.http
    fits(REGISTERED, client.account)
    claims = jwt.decode(client.account["token"], options={"verify_signature": False})
    assert claims["sub"] == client.account["id"] == str(UUID(client.account["id"]))
    logged_in = {"email": client.account["email"], "password": REGISTER["password"]}
    fits(REGISTERED, expect(200, await http.post("/users/login", json=logged_in)))

    created = expect(201, await http.post("/interviews/sessions", json=SESSION))
    fits(CREATED, created)
    assert {name: created[name] for name in SESSION} == SESSION
    assert created["status"] == "created"
    session = f"/interviews/sessions/{created['id']}"

    generated = expect(201, await http.post(f"{session}/questions/generate", json=GENERATE))["questions"]
    fits([QUESTION], generated)
    assert [one["category"] for one in generated] == [
        "behavioral", "technical", "situational", "behavioral", "technical",
    ]  # fmt: skip
    assert all(one["time_limit"] > 0 for one in generated)

    # The document evaluates a transcript; the text may come with the request as well.
    for number, question in reversed(list(enumerate(generated))):
        url = f"{session}/questions/{question['id']}/evaluate"
        evaluated = expect(200, await http.post(url, json={**EVALUATE, "answer": ANSWERS[number]}))
        fits(EVALUATED, evaluated)
        assert expect(200, await http.post(url, json=EVALUATE)) == evaluated
    assert expect(200, await http.get(session))["status"] == "in_progress"

    scores = expect(200, await http.post(f"/feedback/sessions/{created['id']}/scores"))
    fits(SCORES, scores)
    parts = scores["breakdown"]
    for name, weight in {"relevance": 0.35, "grammar": 0.20, "fluency": 0.25, "keywords": 0.20}.items():
        assert parts[name]["weighted"] == pytest.approx(parts[name]["raw"] * weight, abs=0.051)
    assert scores["total_score"] == pytest.approx(sum(one["weighted"] for one in parts.values()), abs=0.21)
    assert len(scores["question_scores"]) == 5
    assert expect(200, await http.get(session))["status"] == "completed"
    assert expect(200, await http.get(f"/feedback/sessions/{created['id']}/scores")) == scores

    feedback = expect(200, await http.post(f"/feedback/sessions/{created['id']}/feedback"))
    fits(FEEDBACK, feedback)
    assert expect(200, await http.get(f"/feedback/sessions/{created['id']}/feedback")) == feedback
    assert feedback["readiness_level"] == "Almost Ready"

    second = await client.session()
    question = (await client.questions(second, 1))[0]
    expect(200, await client.evaluate(second, question["id"], transcript=ANSWER))
    expect(200, await http.post(f"/interviews/sessions/{second}/complete"))
    dashboard = expect(200, await http.get("/feedback/dashboard"))
    fits(DASHBOARD, dashboard)
    assert (dashboard["total_interviews"], dashboard["total_questions"], dashboard["improvement_rate"]) == (2, 6, 0.0)
    history = expect(200, await http.get("/feedback/history"))
    assert [one["session_id"] for one in history["interviews"]] == [second, created["id"]]
    assert history["total"] == 2


async def test_users_read_and_change_themselves(client: Client) -> None:
    http, user_id = client.http, client.account["id"]
    mine = expect(200, await http.get("/users/me"))
    assert (mine["id"], mine["full_name"], mine["skills"]) == (user_id, "John Doe", [])
    changed = expect(200, await http.put("/users/me", json={"full_name": "Jane Doe", "target_role": "SRE"}))
    assert {**changed, "updated_at": ""} == {
        **mine, "full_name": "Jane Doe", "target_role": "SRE", "updated_at": "",
    }  # fmt: skip
    skilled = expect(200, await http.put(f"/users/{user_id}/skills", json={"skills": ["Python", "FastAPI"]}))
    assert skilled["skills"] == ["Python", "FastAPI"]
    assert expect(200, await http.get(f"/users/{user_id}")) == skilled
    assert expect(200, await http.delete(f"/users/{user_id}")) == {"id": user_id, "deleted": True}
    assert refused(401, await http.get("/users/me"))["message"] == "Token expired or invalid"
    body = {"email": client.account["email"], "password": REGISTER["password"]}
    refused(401, await http.post("/users/login", json=body))


async def test_others_are_for_administrators_only_whether_they_exist_or_not(
    enter: Callable[[], Any], service: Service
) -> None:
    owner, stranger, admin = await enter(), await enter(), await enter()
    for user_id in (owner.account["id"], str(uuid4())):
        for reply in (
            await stranger.http.get(f"/users/{user_id}"),
            await stranger.http.delete(f"/users/{user_id}"),
            await stranger.http.put(f"/users/{user_id}/skills", json={"skills": ["Mischief"]}),
        ):
            refused(403, reply)
    await service.core.accounts.change_role(admin.account["email"], Role.ADMIN)
    body = {"email": admin.account["email"], "password": REGISTER["password"]}
    token = expect(200, await admin.http.post("/users/login", json=body))["token"]
    admin.http.headers["Authorization"] = f"Bearer {token}"
    url = f"/users/{owner.account['id']}"
    assert expect(200, await admin.http.get(url))["skills"] == []
    assert expect(200, await admin.http.put(f"{url}/skills", json={"skills": ["Go"]}))["skills"] == ["Go"]
    expect(200, await admin.http.delete(url))
    for reply in (
        await admin.http.get(url),
        await admin.http.delete(url),
        await admin.http.put(f"{url}/skills", json={"skills": []}),
    ):
        assert refused(404, reply)["message"] == f"User {owner.account['id']} not found"


async def test_an_api_key_reads_the_account_and_does_not_delete_it(client: Client, service: Service) -> None:
    url = f"/users/{client.account['id']}"
    key = await service.core.api_keys.create(UUID(client.account["id"]), "script")
    by_key = {"Authorization": f"Bearer {key.key}"}
    expect(200, await client.http.get(url, headers=by_key))
    assert refused(401, await client.http.delete(url, headers=by_key))["message"] == "Token expired or invalid"
    expect(200, await client.http.get(url))


async def test_sessions_are_listed_changed_completed_and_deleted(client: Client) -> None:
    http = client.http
    ids = [await client.session(title=f"Session {number}") for number in range(3)]
    page = expect(200, await http.get("/interviews/sessions", params={"limit": 2, "offset": 1}))
    assert [one["id"] for one in page["sessions"]] == [ids[1], ids[0]]
    assert (page["total"], page["limit"], page["offset"]) == (3, 2, 1)
    url = f"/interviews/sessions/{ids[0]}"
    changed = expect(200, await http.put(url, json={"title": "Anew", "target_role": "SRE", "difficulty": "hard"}))
    assert (changed["title"], changed["target_role"], changed["difficulty"]) == ("Anew", "SRE", "hard")
    assert changed["target_company"] == "Tech Corp"
    early = refused(400, await http.post(f"{url}/complete"))
    assert early["message"] == "A session that is created cannot become completed."
    questions = await client.questions(ids[0])
    assert expect(200, await http.get(f"{url}/questions"))["questions"] == questions
    assert expect(200, await http.get(f"{url}/questions/{questions[1]['id']}")) == questions[1]
    assert expect(200, await http.get(url))["questions"] == questions
    denied = refused(400, await http.put(url, json={"target_role": "CTO", "difficulty": "easy", "title": "No"}))
    assert [one["field"] for one in denied["details"]] == ["difficulty", "target_role"]
    assert expect(200, await http.put(url, json={"title": "Still mine"}))["title"] == "Still mine"
    assert expect(200, await http.post(f"{url}/complete"))["status"] == "completed"
    assert expect(200, await http.post(f"{url}/complete"))["status"] == "completed"
    assert expect(200, await http.delete(url)) == {"id": ids[0], "deleted": True}
    assert refused(404, await http.get(url))["message"] == f"Interview session {ids[0]} not found"


async def test_expected_keywords_are_asked_for_beside_the_questions_own_and_never_raise_a_score(
    client: Client,
) -> None:
    session = await client.session()
    question = (await client.questions(session, 1))[0]
    plain = expect(200, await client.evaluate(session, question["id"], answer=ANSWER))
    for keywords in ([], ["hash table"], ["HASH   table", "constant time"], ["lookup"] * 3):
        asked = expect(200, await client.evaluate(session, question["id"], expected_keywords=keywords))
        assert asked == plain, keywords
    # None of these is a word of the answer; "hash" within "hashing" would not count either.
    missed = expect(200, await client.evaluate(session, question["id"], expected_keywords=["blockchain", "able"]))
    assert missed["keyword_score"] == 0
    lost = plain["keyword_score"] * WEIGHTS["keywords"]
    assert missed["overall_score"] == pytest.approx(plain["overall_score"] - lost, abs=0.11)
    half = expect(200, await client.evaluate(session, question["id"], expected_keywords=["lookup", "blockchain"]))
    assert half["keyword_score"] == 50


async def test_an_answer_is_taken_once_and_evaluated_as_often_as_one_likes(client: Client, service: Service) -> None:
    session = await client.session()
    question = (await client.questions(session, 2))[0]
    missing = refused(422, await client.evaluate(session, question["id"], **EVALUATE))
    assert [one["field"] for one in missing["details"]] == ["answer"]
    first = expect(200, await client.evaluate(session, question["id"], answer=ANSWER))
    assert expect(200, await client.evaluate(session, question["id"], answer=ANSWER)) == first
    refused(400, await client.evaluate(session, question["id"], answer="A second thought about all of it, entirely."))
    assert len(service.script.evaluated) == 1
    evaluation = expect(200, await client.http.get(f"/interviews/sessions/{session}/evaluation"))
    assert evaluation["evaluations"] == [first]
    assert (evaluation["evaluated_questions"], evaluation["total_questions"]) == (1, 2)
    assert evaluation["overall_score"] == first["overall_score"]
    scores = expect(200, await client.http.post(f"/feedback/sessions/{session}/scores"))
    assert (scores["status"], len(scores["question_scores"])) == ("in_progress", 1)


async def test_a_session_without_an_answer_has_no_numbers(client: Client) -> None:
    session = await client.session()
    await client.questions(session)
    scores = expect(200, await client.http.post(f"/feedback/sessions/{session}/scores"))
    assert (scores["total_score"], scores["letter_grade"], scores["question_scores"]) == (None, None, [])
    assert set(scores["breakdown"]) == set(SCORES["breakdown"])  # type: ignore[call-overload]
    url = f"/feedback/sessions/{session}/feedback"
    assert refused(404, await client.http.get(url))["message"] == f"Feedback of session {session} not found"
    feedback = expect(200, await client.http.post(url))
    assert (feedback["overall_rating"], feedback["readiness_score"]) == (None, None)
    dashboard = expect(200, await client.http.get("/feedback/dashboard"))
    assert (dashboard["average_score"], dashboard["improvement_rate"]) == (None, None)
    assert dashboard["category_scores"] == {"behavioral": None, "technical": None, "situational": None}


@pytest.mark.parametrize(
    "name", ["score-trend", "skills_radar", "category-scores", "activity-calendar", "score-distribution"]
)
async def test_a_chart_is_given_as_series(client: Client, name: str) -> None:
    session = await client.session()
    question = (await client.questions(session, 1))[0]
    expect(200, await client.evaluate(session, question["id"], answer=ANSWER))
    expect(200, await client.http.post(f"/feedback/sessions/{session}/scores"))
    chart = expect(200, await client.http.get(f"/feedback/charts/{name}"))
    assert chart["type"] == name.replace("_", "-")
    assert len(chart["labels"]) == len(chart["values"]) > 0
    assert any(chart["values"])


async def test_the_published_flow_of_a_spoken_answer(client: Client, service: Service) -> None:
    http, session = client.http, await client.session()
    question = (await client.questions(session, 1))[0]
    url = f"/interviews/sessions/{session}/questions/{question['id']}"
    missing = refused(404, await http.get(f"{url}/audio"))
    assert missing["message"] == f"Audio of question {question['id']} not found"
    missing = refused(404, await http.get(f"{url}/transcript"))
    assert missing["message"] == f"Transcript of question {question['id']} not found"
    assert [one["field"] for one in refused(422, await http.post(f"{url}/evaluate", json=EVALUATE))["details"]] == [
        "answer"
    ]

    content = encoded("answer.mp3", 2)
    upload = {"file": ("audio_file.mp3", content, "audio/mpeg")}
    audio = expect(201, await http.post(f"{url}/audio", files=upload, data={"duration": "95"}))
    fits(AUDIO, audio)
    assert (audio["format"], audio["size_bytes"]) == ("mp3", len(content))
    assert audio["duration"] == pytest.approx(2, abs=0.1), "measured, whatever the client says"
    assert audio["file_path"] == f"/uploads/sessions/{session}/{question['id']}.mp3"
    back = await http.get(f"{url}/audio")
    assert (back.status_code, back.content, back.headers["content-type"]) == (200, content, "audio/mpeg")
    part = await http.get(f"{url}/audio", headers={"Range": "bytes=-100"})
    assert (part.status_code, part.content) == (206, content[-100:])
    beyond = await http.get(f"{url}/audio", headers={"Range": "bytes=999999999-"})
    assert refused(416, beyond) and beyond.headers["content-range"] == f"bytes */{len(content)}"

    transcript = expect(200, await http.post(f"{url}/transcribe", json={"language": "en"}))
    fits(TRANSCRIPT, transcript)
    assert transcript["transcript"] == service.script.speech.transcript
    assert transcript["word_count"] == len(transcript["transcript"].split())
    assert (transcript["language"], transcript["duration"]) == ("en", audio["duration"])
    assert expect(200, await http.get(f"{url}/transcript")) == transcript
    assert expect(200, await http.post(f"{url}/transcribe")) == transcript

    evaluated = expect(200, await http.post(f"{url}/evaluate", json=EVALUATE))
    fits(EVALUATED, evaluated)
    (told,) = service.script.evaluated
    assert told.answer == transcript["transcript"]
    assert len(told.speech.words) == transcript["word_count"]
    assert expect(200, await http.post(f"{url}/evaluate", json=EVALUATE)) == evaluated
    assert len(service.script.evaluated) == 1
    refused(400, await http.post(f"{url}/audio", files=upload))


async def test_a_transcript_is_corrected_by_the_text_that_comes_with_evaluate(client: Client, service: Service) -> None:
    session = await client.session()
    first, second = await client.questions(session, 2)
    for question in (first, second):
        url = f"/interviews/sessions/{session}/questions/{question['id']}"
        expect(201, await client.http.post(f"{url}/audio", files={"file": ("a.wav", wav(1))}))
        expect(200, await client.http.post(f"{url}/transcribe", json={}))
    expect(200, await client.evaluate(session, first["id"], transcript=ANSWERS[0]))
    expect(200, await client.evaluate(session, second["id"], answer=ANSWERS[1]))
    spoken, typed = service.script.evaluated
    assert (spoken.answer, bool(spoken.speech.words)) == (ANSWERS[0], True)
    assert (typed.answer, bool(typed.speech.words)) == (ANSWERS[1], False)
    edited = expect(200, await client.http.get(f"/interviews/sessions/{session}/questions/{first['id']}/transcript"))
    assert (edited["transcript"], edited["edited"]) == (ANSWERS[0], True)


async def test_audio_that_cannot_be_taken_or_transcribed_is_refused_in_the_documents_shape(
    client: Client, enter: Callable[[], Any], nobody: httpx2.AsyncClient, service: Service
) -> None:
    http, session = client.http, await client.session()
    question = (await client.questions(session, 1))[0]
    url = f"/interviews/sessions/{session}/questions/{question['id']}"
    for status, content in (
        (415, b"\x89PNG" + bytes(2000)),
        (422, b""),
        (422, wav(1)[:9000]),
        (422, wav(1, rate=0)),
        (413, bytes(50 * 1024 * 1024 + 1)),
        (413, bytes(51 * 1024 * 1024)),
    ):
        refused(status, await http.post(f"{url}/audio", files={"file": ("audio.mp3", content, "audio/mpeg")}))
    assert refused(422, await http.post(f"{url}/audio", files={"sound": ("a.wav", wav(1))}))["details"] == [
        {"field": "file", "message": "is missing; send the recording as the part `file` of the form"}
    ]
    refused(404, await http.post(f"{url}/transcribe", json={"language": "en"}))
    expect(201, await http.post(f"{url}/audio", files={"file": ("a.wav", wav(1))}))
    service.script.speech.recognizer = ""
    assert "nothing that recognizes speech" in refused(501, await http.post(f"{url}/transcribe", json={}))["message"]
    assert expect(200, await http.get(f"{url}/transcript"))["status"] == "failed"
    service.script.speech.recognizer, service.script.speech.transcript = "scripted", ""
    silent = expect(200, await http.post(f"{url}/transcribe", json={}))
    assert (silent["transcript"], silent["word_count"]) == ("", 0)
    assert "Nothing was said" in refused(422, await http.post(f"{url}/evaluate", json=EVALUATE))["message"]
    stranger: Client = await enter()
    refused(404, await stranger.http.get(f"{url}/audio"))
    refused(401, await nobody.get(f"{url}/audio"))


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer x", "Basic dXNlcjpwYXNz", "Bearer eyJhbGciOiJub25lIn0.e30."])
async def test_a_token_that_does_not_serve_is_refused_as_published(nobody: httpx2.AsyncClient, token: str) -> None:
    for method, path in (
        ("GET", "/users/me"),
        ("POST", "/interviews/sessions"),
        ("GET", "/feedback/dashboard"),
        ("GET", f"/interviews/sessions/{uuid4()}/evaluation"),
    ):
        reply = await nobody.request(method, path, headers={"Authorization": token} if token else {})
        assert refused(401, reply)["message"] == "Token expired or invalid"


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({"email": "nonsense"}, "email", "Invalid email format"),
        ({"email": None}, "email", None),
        ({"password": "short"}, "password", None),
        ({"full_name": ""}, "full_name", None),
        ({"full_name": "nul \0"}, "full_name", None),
    ],
)
async def test_a_wrong_field_is_named(
    nobody: httpx2.AsyncClient, body: dict[str, Any], field: str, message: str | None
) -> None:
    error = refused(422, await nobody.post("/users/register", json={**REGISTER, **body}))
    assert error["message"] == "Validation error"
    assert [one["field"] for one in error["details"]] == [field]
    assert message in {None, error["details"][0]["message"]}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("generate", {"num_questions": 0}, "num_questions"),
        ("generate", {"num_questions": 21}, "num_questions"),
        ("generate", {"categories": ["astrology"]}, "categories.0"),
        ("generate", {"skills": [" "]}, "skills.0"),
        ("evaluate", {"expected_keywords": "challenge"}, "expected_keywords"),
        ("evaluate", {"answer": ""}, "answer"),
        ("evaluate", {"answer": " \n"}, "answer"),
        ("evaluate", {"answer": "x" * 20_001}, "answer"),
    ],
)
async def test_a_wrong_field_of_a_question_is_named(
    client: Client, path: str, body: dict[str, Any], field: str
) -> None:
    session = await client.session()
    url = f"/interviews/sessions/{session}/questions"
    if path == "evaluate":
        url += f"/{(await client.questions(session, 1))[0]['id']}"
    error = refused(422, await client.http.post(f"{url}/{path}", json=body))
    assert [one["field"] for one in error["details"]] == [field]
    assert field != "answer" or "item" not in error["details"][0]["message"]


async def test_what_is_not_there_is_named(client: Client) -> None:
    session = await client.session()
    for unknown in (str(uuid4()), "session-uuid"):
        missing = f"Interview session {unknown} not found"
        for method, path in (
            ("GET", f"/interviews/sessions/{unknown}"),
            ("PUT", f"/interviews/sessions/{unknown}"),
            ("DELETE", f"/interviews/sessions/{unknown}"),
            ("POST", f"/interviews/sessions/{unknown}/complete"),
            ("POST", f"/interviews/sessions/{unknown}/questions/generate"),
            ("GET", f"/interviews/sessions/{unknown}/questions"),
            ("GET", f"/interviews/sessions/{unknown}/evaluation"),
            ("GET", f"/feedback/sessions/{unknown}/scores"),
            ("POST", f"/feedback/sessions/{unknown}/scores"),
            ("GET", f"/feedback/sessions/{unknown}/feedback"),
            ("POST", f"/feedback/sessions/{unknown}/feedback"),
        ):
            body: dict[str, Any] | None = {} if method in {"PUT", "POST"} else None
            assert refused(404, await client.http.request(method, path, json=body))["message"] == missing
        question = f"/interviews/sessions/{session}/questions/{unknown}"
        for reply in (await client.http.get(question), await client.http.post(f"{question}/evaluate", json={})):
            assert refused(404, reply)["message"] == f"Question {unknown} not found"
    assert refused(404, await client.http.get("/feedback/charts/pie"))["message"] == "Chart pie not found"


async def test_other_refusals_have_the_published_shape_too(client: Client, service: Service) -> None:
    taken = {**REGISTER, "email": client.account["email"]}
    refused(400, await client.http.post("/users/register", json=taken))
    headers = {"Content-Type": "application/json"}
    refused(400, await client.http.post("/users/login", content=b"{", headers=headers))
    refused(401, await client.http.post("/users/login", json={**taken, "password": "not the one"}))
    refused(404, await client.http.get("/nope"))
    refused(405, await client.http.patch("/users/me", json={}))
    refused(413, await client.http.put("/users/me", content=b"x" * 2_000_000, headers=headers))
    refused(415, await client.http.put("/users/me", content=b"<a/>", headers={"Content-Type": "text/xml"}))
    session = await client.session()
    question = (await client.questions(session, 1))[0]
    service.script.fault = grpc.StatusCode.UNAVAILABLE
    away = await client.evaluate(session, question["id"], answer=ANSWER)
    refused(503, away)
    assert int(away.headers["Retry-After"]) > 0
    service.script.fault = None
    # The answer was kept.
    expect(200, await client.evaluate(session, question["id"]))


async def test_a_defect_is_told_in_general_words(
    client: Client, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a secret of ours")

    monkeypatch.setattr(type(service.core.analytics), "dashboard", fail)
    error = refused(500, await client.http.get("/feedback/dashboard"))
    assert "secret" not in repr(error)


async def test_foreign_sessions_do_not_exist(enter: Callable[[], Any]) -> None:
    owner, stranger = await enter(), await enter()
    session = await owner.session()
    question = (await owner.questions(session, 1))[0]
    for reply in (
        await stranger.http.get(f"/interviews/sessions/{session}"),
        await stranger.http.delete(f"/interviews/sessions/{session}"),
        await stranger.evaluate(session, question["id"], answer=ANSWER),
        await stranger.http.get(f"/feedback/sessions/{session}/scores"),
        await stranger.http.post(f"/feedback/sessions/{session}/feedback"),
    ):
        assert refused(404, reply)["message"] == f"Interview session {session} not found"


async def test_one_user_sees_one_history_here_and_natively(client: Client, service: Service) -> None:
    session = await client.session()
    question = (await client.questions(session, 1))[0]
    expect(200, await client.evaluate(session, question["id"], answer=ANSWER))
    expect(200, await client.http.post(f"/feedback/sessions/{session}/scores"))
    headers = {"Authorization": client.http.headers["Authorization"]}
    async with httpx2.AsyncClient(base_url=f"{service.url}/api/v1", headers=headers, timeout=20) as http:
        native = Candidate(http, client.account["email"], "")
        held = await native.started(domain="hld", title="Held natively", question_limit=1)
        await native.answered(held["id"], ANSWER)
        await native.end(held["id"])
        listed = expect_plain(200, await http.get("/interviews"))["interviews"]
        assert [one["id"] for one in listed] == [held["id"], session]
        transcript = expect_plain(200, await http.get(f"/interviews/{session}"))["transcript"]
        assert [one["answer"]["content"] for one in transcript] == [ANSWER]
        dashboard = expect_plain(200, await http.get("/analytics/me/dashboard"))
    history = expect(200, await client.http.get("/feedback/history"))["interviews"]
    assert [(one["session_id"], one["score"]) for one in history] == [
        (one["id"], one["overall_score"]) for one in listed
    ]
    assert expect(200, await client.http.get(f"/interviews/sessions/{held['id']}"))["title"] == "Held natively"
    assert len(expect(200, await client.http.get(f"/feedback/sessions/{held['id']}/scores"))["question_scores"]) == 1
    assert expect(200, await client.http.get("/feedback/dashboard"))["recent_score"] == dashboard["recent_score"]
