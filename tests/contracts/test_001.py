"""Contract 001, "AI Mock Interview API", request by request as it is published."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import grpc
import httpx2
import jwt
import pytest

from chat_service.contracts.interview_api.app import PREFIX
from chat_service.interviews.numbers import Numbers
from protos.interview_engine.v1 import question_pb2 as questions
from tests.ai_service.resume.files import pdf
from tests.chat_service.conftest import Candidate, Service, expect
from tests.contracts.shapes import require_shape

PASSWORD = "SecurePass123!"
ANSWER = "REST APIs use multiple endpoints for different resources..."
QUESTION = {"id": 1, "question": "Explain the difference...", "expected_points": ["REST uses multiple endpoints"]}
GRADED = {
    "score": 85,
    "technical_score": 90,
    "communication_score": 80,
    "confidence_score": 85,
    "feedback": "Strong technical understanding. Consider providing more specific example",
    "followup": {
        "question": "Can you explain when you would choose GraphQL over REST?",
        "questionId": 2,
        "timeLimit": 300,
    },
}
METRICS = {
    "average_overall": 82.5,
    "average_technical": 85.0,
    "average_communication": 80.0,
    "average_confidence": 82.5,
}
FEEDBACK = {
    "strengths": ["Strong technical knowledge in data structures"],
    "weaknesses": ["Needs improvement in algorithm complexity analysis"],
    "roadmap": {
        "immediate": ["Practice mock interviews daily"],
        "short_term": ["Complete data structures course"],
        "long_term": ["Master advanced algorithms"],
    },
    "resources": [
        {
            "title": "Algorithms Specialization",
            "type": "course",
            "description": "Comprehensive algorithms course by Stanford",
            "url": "https://coursera.org/...",
            "priority": "high",
        }
    ],
    "generated_at": "2024-01-15T10:30:00Z",
}
PLAN = {"focus_areas": [{"topic": "", "missed_points": [""]}], "next_steps": [""]}
RESULTS = {
    "interview": {
        "id": 123,
        "job_role": "Software Engineer",
        "score": 82.5,
        "status": "completed",
        "created_at": "2024-01-15T10:00:00Z",
    },
    "questions": [QUESTION],
    "evaluation_metrics": METRICS,
    "improvement_plan": PLAN,
}
JOB = {"jobRole": "Senior Software Engineer", "jobDescription": "Lead backend development team"}
SELECTED = [
    {"round_name": "Technical Round", "round_type": "technical", "duration_minutes": 45, "question_count": 5},
    {"round_name": "System Design", "round_type": "system_design", "duration_minutes": 60, "question_count": 2},
]


class Client:
    """Somebody who knows this contract and no other."""

    def __init__(self, http: httpx2.AsyncClient, email: str) -> None:
        self.http = http
        self.email = email

    async def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        return expect(status, await self.http.post(path, json=body))

    async def get(self, path: str, status: int = 200) -> Any:
        return expect(status, await self.http.get(path))

    async def started(self, role: str = "Software Engineer") -> dict[str, Any]:
        return dict(await self.post("/api/start-role-interview", {"jobRole": role}))

    async def answer(self, interview: int, question: int, text: str = ANSWER) -> Any:
        body = {"interviewId": interview, "questionId": question, "answer": text, "timeSpent": 45}
        return await self.post("/api/submit-answer-enhanced", body)


@pytest.fixture
async def stranger(service: Service) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody without an account."""
    async with httpx2.AsyncClient(base_url=f"{service.url}{PREFIX}", timeout=20) as http:
        yield http


@pytest.fixture
async def client(stranger: httpx2.AsyncClient) -> Client:
    """Somebody who has registered and logged in."""
    email = f"{uuid4().hex}@example.com"
    account = {"email": email, "password": PASSWORD}
    expect(201, await stranger.post("/api/register", json={**account, "name": "John Doe"}))
    tokens = expect(200, await stranger.post("/api/login", json=account))
    stranger.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    return Client(stranger, email)


def refusal(status: int, message: str, response: httpx2.Response) -> None:
    assert expect(status, response) == {"error": message}


def error(status: int, response: httpx2.Response) -> str:
    """What a refusal in this contract's shape says."""
    body = expect(status, response)
    assert list(body) == ["error"]
    assert body["error"]
    return str(body["error"])


async def test_register_log_in_and_refresh(stranger: httpx2.AsyncClient) -> None:
    email = f"{uuid4().hex}@example.com"
    published = {"email": email, "password": PASSWORD, "name": "John Doe"}
    registered = expect(201, await stranger.post("/api/register", json=published))
    assert registered == {"message": "User registered successfully", "user_id": registered["user_id"]}
    assert isinstance(registered["user_id"], int)
    logged_in = expect(200, await stranger.post("/api/login", json={"email": email, "password": PASSWORD}))
    assert set(logged_in) == {"access_token", "refresh_token", "user"}
    assert logged_in["user"] == {"id": registered["user_id"], "email": email, "name": "John Doe"}
    claims = jwt.decode(logged_in["access_token"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 15 * 60
    token = {"refresh_token": logged_in["refresh_token"]}
    for _ in range(2):
        refreshed = expect(200, await stranger.post("/api/refresh", json=token))
        assert list(refreshed) == ["access_token"]
        headers = {"Authorization": f"Bearer {refreshed['access_token']}"}
        expect(200, await stranger.post("/api/suggest-rounds", json=JOB, headers=headers))


async def test_uploading_a_resume_starts_an_interview(client: Client, service: Service) -> None:
    files = {"resume": ("resume.pdf", pdf([["Backend Engineer", "Python and Kafka"]]), "application/pdf")}
    reply = await client.http.post("/api/upload-resume", data={"jobRole": "Software Engineer"}, files=files)
    started = expect(200, reply)
    require_shape({"interview_id": 123, "questions": [QUESTION]}, started)
    assert [one["id"] for one in started["questions"]] == [1, 2, 3, 4, 5]
    told = service.script.asked[0].context
    assert (told.job_role, told.domain) == ("Software Engineer", questions.DOMAIN_ROLE)
    assert told.resume


async def test_a_role_interview_is_fitted_to_role_description_and_focus_areas(client: Client, service: Service) -> None:
    body = {
        "jobRole": "Data Scientist",
        "jobDescription": "ML model development and deployment",
        "focusAreas": "Python, TensorFlow, AWS",
    }
    started = await client.post("/api/start-role-interview", body)
    require_shape({"interview_id": 124, "questions": [QUESTION]}, started)
    told = service.script.asked[0].context
    assert (told.job_role, told.job_description) == (body["jobRole"], body["jobDescription"])
    assert list(told.focus_areas) == ["Python", "TensorFlow", "AWS"]


async def test_an_answer_gets_its_scores_and_a_follow_up(client: Client, service: Service) -> None:
    service.script.follows_up = True
    interview = (await client.started())["interview_id"]
    graded = await client.answer(interview, 1)
    require_shape(GRADED, graded)
    assert all(isinstance(graded[name], int) for name in GRADED if name.endswith("score"))
    assert graded["followup"]["questionId"] == 6
    probed = await client.answer(interview, 6, "I would choose it where clients need different fields.")
    assert probed["followup"]["questionId"] == 7
    assert (await client.answer(interview, 7, "And where they are many."))["followup"] is None
    assert await client.answer(interview, 1) == graded


async def test_completing_gives_metrics_a_plan_and_feedback(client: Client) -> None:
    interview = (await client.started())["interview_id"]
    await client.answer(interview, 2)
    completed = await client.post("/api/complete-interview", {"interviewId": interview})
    assert completed["message"] == "Interview completed successfully"
    published = {"evaluation_metrics": METRICS, "improvement_plan": PLAN, "personalized_feedback": FEEDBACK}
    require_shape(published, completed)
    assert completed["evaluation_metrics"]["average_overall"] == 72.5
    assert await client.post("/api/complete-interview", {"interviewId": interview}) == completed
    feedback = await client.get(f"/api/personalized-feedback/{interview}")
    require_shape(FEEDBACK, feedback)
    assert feedback == completed["personalized_feedback"]
    assert feedback["generated_at"].endswith("Z")
    assert datetime.fromisoformat(feedback["generated_at"])
    results = await client.get(f"/api/interview-results/{interview}")
    require_shape(RESULTS, results)
    assert results["interview"]["status"] == "completed"
    assert [one["score"] for one in results["questions"]] == [None, 72, None, None, None]
    assert results["evaluation_metrics"] == completed["evaluation_metrics"]
    assert results["improvement_plan"] == completed["improvement_plan"]


async def test_results_of_an_interview_under_way_show_how_far_it_has_come(client: Client) -> None:
    interview = (await client.started())["interview_id"]
    await client.answer(interview, 1)
    results = await client.get(f"/api/interview-results/{interview}")
    assert (results["interview"]["status"], results["interview"]["score"]) == ("in_progress", None)
    assert results["questions"][0]["answer"] == ANSWER
    assert results["questions"][0]["time_spent"] == 45
    assert results["evaluation_metrics"]["average_overall"] == 72.5
    assert results["improvement_plan"]["focus_areas"] == []


async def test_results_can_be_read_while_the_report_is_being_made(client: Client, service: Service) -> None:
    interview = (await client.started())["interview_id"]
    await client.answer(interview, 1)
    service.script.fault, service.script.failing = grpc.StatusCode.UNAVAILABLE, "Finalize"
    async with httpx2.AsyncClient(base_url=f"{service.url}/api/v1", headers=client.http.headers) as native:
        [listed] = expect(200, await native.get("/interviews"))["interviews"]
        expect(202, await native.post(f"/interviews/{listed['id']}/end?wait=false"))
    results = await client.get(f"/api/interview-results/{interview}")
    assert (results["interview"]["status"], results["questions"][0]["score"]) == ("completed", 72)
    assert results["improvement_plan"]["readiness_score"] is None


async def test_rounds_are_suggested(client: Client) -> None:
    suggested = (await client.post("/api/suggest-rounds", JOB))["suggested_rounds"]
    assert suggested[:2] == [
        {
            "round_name": "HR Screening",
            "round_type": "hr",
            "description": "Initial screening to assess background and cultural fit",
            "duration_minutes": 20,
            "question_count": 5,
            "focus_areas": ["Background", "Motivation", "Culture fit", "Expectations"],
        },
        {
            "round_name": "Technical Round",
            "round_type": "technical",
            "description": "Assess technical skills and problem-solving abilities",
            "duration_minutes": 45,
            "question_count": 5,
            "focus_areas": ["Coding", "Algorithms", "System design", "Best practices"],
        },
    ]
    await client.post("/api/start-multi-round-interview", {**JOB, "selectedRounds": suggested})


async def test_an_interview_in_rounds(client: Client) -> None:
    created = await client.post("/api/start-multi-round-interview", {**JOB, "selectedRounds": SELECTED})
    interview, (first, second) = created["interview_id"], created["round_ids"]
    assert created["message"] == "Multi-round interview created successfully"
    assert error(409, await client.http.post(f"/api/start-round/{second}")).startswith("Rounds are held in order")
    started = await client.post(f"/api/start-round/{first}")
    published: dict[str, Any] = {
        "round_id": 1,
        "round_name": "Technical Round",
        "round_type": "technical",
        "questions": [QUESTION],
    }
    require_shape(published, started)
    assert (started["round_id"], started["round_name"], len(started["questions"])) == (first, "Technical Round", 5)
    assert await client.post(f"/api/start-round/{first}") == started
    await client.answer(interview, started["questions"][3]["id"])
    completed = await client.post(f"/api/complete-round/{first}")
    assert completed == {
        "round_score": 72.5,
        "message": "Round completed successfully",
        "next_round": {"id": second, "name": "System Design", "type": "system_design"},
    }
    assert await client.post(f"/api/complete-round/{first}") == completed
    design = await client.post(f"/api/start-round/{second}")
    assert [one["id"] for one in design["questions"]] == [6, 7]
    assert await client.post(f"/api/complete-round/{first}") == completed
    await client.answer(interview, 7, "I would begin with what the system has to promise.")
    assert (await client.post(f"/api/complete-round/{second}"))["next_round"] is None
    done = await client.post("/api/complete-interview", {"interviewId": interview})
    assert done["evaluation_metrics"]["average_overall"] == 72.5


async def test_the_published_flow_of_commands(stranger: httpx2.AsyncClient) -> None:
    account = {"email": f"{uuid4().hex}@example.com", "password": "Test123!"}
    expect(201, await stranger.post("/api/register", json={**account, "name": "Test User"}))
    token = expect(200, await stranger.post("/api/login", json=account))["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    job = {"jobRole": "Software Engineer", "jobDescription": "Full-stack development"}
    started = expect(200, await stranger.post("/api/start-role-interview", json=job, headers=headers))
    interview = started["interview_id"]
    answer = {"interviewId": interview, "questionId": 1, "answer": "My answer here", "timeSpent": 60}
    expect(200, await stranger.post("/api/submit-answer-enhanced", json=answer, headers=headers))
    end = {"interviewId": interview}
    expect(200, await stranger.post("/api/complete-interview", json=end, headers=headers))
    expect(200, await stranger.get(f"/api/personalized-feedback/{interview}", headers=headers))


async def test_an_interview_made_here_is_in_the_native_history(client: Client, service: Service) -> None:
    number = (await client.started("Backend Engineer"))["interview_id"]
    await client.answer(number, 1)
    async with httpx2.AsyncClient(base_url=f"{service.url}/api/v1", headers=client.http.headers) as native:
        [listed] = expect(200, await native.get("/interviews"))["interviews"]
        assert (listed["job_role"], listed["answers_recorded"]) == ("Backend Engineer", 1)
        expect(200, await native.post(f"/interviews/{listed['id']}/end"))
    assert (await client.get(f"/api/interview-results/{number}"))["interview"]["status"] == "completed"


PROTECTED = [
    ("POST", "/api/upload-resume"),
    ("POST", "/api/start-role-interview"),
    ("POST", "/api/submit-answer-enhanced"),
    ("POST", "/api/complete-interview"),
    ("POST", "/api/suggest-rounds"),
    ("POST", "/api/start-multi-round-interview"),
    ("POST", "/api/start-round/1"),
    ("POST", "/api/complete-round/1"),
    ("GET", "/api/personalized-feedback/1"),
    ("GET", "/api/interview-results/1"),
]


@pytest.mark.parametrize(("method", "path"), PROTECTED)
async def test_without_a_good_token_nothing_is_told(stranger: httpx2.AsyncClient, method: str, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer eyJ0eXAiOiJKV1QiLCJhbGc..."}):
        refusal(401, "Invalid or expired token", await stranger.request(method, path, headers=headers))


async def test_a_bad_refresh_token_and_a_wrong_password_are_401(client: Client) -> None:
    refusal(401, "Invalid or expired token", await client.http.post("/api/refresh", json={"refresh_token": "eyJ0"}))
    wrong = {"email": client.email, "password": "not the password"}
    error(401, await client.http.post("/api/login", json=wrong))


REQUIRED = [
    ("/api/register", {"email": "a@example.com", "password": PASSWORD, "name": "A"}),
    ("/api/login", {"email": "a@example.com", "password": PASSWORD}),
    ("/api/refresh", {"refresh_token": "x"}),
    ("/api/start-role-interview", {"jobRole": "Data Scientist"}),
    ("/api/submit-answer-enhanced", {"interviewId": 1, "questionId": 1, "answer": ANSWER}),
    ("/api/complete-interview", {"interviewId": 1}),
    ("/api/suggest-rounds", {"jobRole": "Senior Software Engineer"}),
    ("/api/start-multi-round-interview", {"jobRole": "Engineer", "selectedRounds": SELECTED}),
]


@pytest.mark.parametrize(("path", "body"), REQUIRED)
async def test_a_missing_field_is_400(client: Client, path: str, body: dict[str, Any]) -> None:
    for name in body:
        for lacking in ({k: v for k, v in body.items() if k != name}, {**body, name: None}):
            refusal(400, "Missing required fields", await client.http.post(path, json=lacking))
    refusal(400, "Missing required fields", await client.http.post(path, json={}))


async def test_an_upload_without_its_parts_is_400(client: Client, service: Service) -> None:
    file = {"resume": ("r.pdf", pdf([["Engineer"]]), "application/pdf")}
    url = "/api/upload-resume"
    refusal(400, "Missing required fields", await client.http.post(url, files=file))
    refusal(400, "Missing required fields", await client.http.post(url, data={"jobRole": "Engineer"}))
    refusal(400, "Missing required fields", await client.http.post(url, json={"jobRole": "Engineer"}))
    two = [("resume", file["resume"]), ("resume", file["resume"])]
    assert "Too many files" in error(400, await client.http.post(url, data={"jobRole": "Engineer"}, files=two))
    empty = {"resume": ("r.pdf", b"", "application/pdf")}
    error(400, await client.http.post(url, data={"jobRole": "Engineer"}, files=empty))
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    assert "form" in error(400, await client.http.post(url, content=b"nothing of a form", headers=broken))
    assert service.script.asked == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/register", {"email": "nobody", "password": PASSWORD, "name": "A"}),
        ("/api/register", {"email": "a@example.com", "password": "short", "name": "A"}),
        ("/api/submit-answer-enhanced", {"interviewId": "x", "questionId": 1, "answer": ANSWER}),
        ("/api/submit-answer-enhanced", {"interviewId": 1, "questionId": 1, "answer": ANSWER, "timeSpent": -1}),
        ("/api/start-multi-round-interview", {"jobRole": "E", "selectedRounds": []}),
        ("/api/start-multi-round-interview", {"jobRole": "E", "selectedRounds": [{**SELECTED[0], "round_type": "x"}]}),
        ("/api/suggest-rounds", ["not", "an", "object"]),
    ],
)
async def test_an_unusable_field_is_400(client: Client, path: str, body: Any) -> None:
    error(400, await client.http.post(path, json=body))


async def test_a_body_that_is_no_json_is_400(client: Client) -> None:
    headers = {"Content-Type": "application/json"}
    error(400, await client.http.post("/api/suggest-rounds", content=b"{", headers=headers))


async def test_an_interview_of_nobody_or_of_somebody_else_is_404(
    client: Client, join: Callable[[], Any], service: Service
) -> None:
    other: Candidate = await join()
    foreign = await other.create()
    account = expect(200, await other.http.get("/profile/me"))["id"]
    numbers = [10**6, 2**63, 10**30, await service.core.numbers.of_interview(UUID(account), UUID(foreign["id"]))]
    for number in numbers:
        for path in (f"/api/personalized-feedback/{number}", f"/api/interview-results/{number}"):
            refusal(404, "Interview not found or unauthorized", await client.http.get(path))
        for path in (f"/api/start-round/{number}", f"/api/complete-round/{number}"):
            refusal(404, "Interview not found or unauthorized", await client.http.post(path))
        end = await client.http.post("/api/complete-interview", json={"interviewId": number})
        refusal(404, "Interview not found or unauthorized", end)
        body = {"interviewId": number, "questionId": 1, "answer": ANSWER}
        said = await client.http.post("/api/submit-answer-enhanced", json=body)
        refusal(404, "Interview not found or unauthorized", said)
    mine = (await client.started())["interview_id"]
    body = {"interviewId": mine, "questionId": 9, "answer": ANSWER}
    said = await client.http.post("/api/submit-answer-enhanced", json=body)
    refusal(404, "Interview not found or unauthorized", said)
    refusal(404, "Interview not found or unauthorized", await client.http.post(f"/api/start-round/{mine}"))


async def test_who_has_no_interviews_left_is_403(client: Client, service: Service) -> None:
    await service.core.database.fetch("UPDATE users SET credits = 0 WHERE email = $1", client.email)
    refused = await client.http.post("/api/start-role-interview", json={"jobRole": "Engineer"})
    refusal(403, "Insufficient permissions", refused)
    async with httpx2.AsyncClient(base_url=f"{service.url}/api/v1", headers=client.http.headers) as native:
        assert expect(200, await native.get("/interviews"))["interviews"] == []


async def test_what_the_state_of_things_does_not_allow_is_409(client: Client) -> None:
    registration = {"email": client.email, "password": PASSWORD, "name": "A"}
    error(409, await client.http.post("/api/register", json=registration))
    interview = (await client.started())["interview_id"]
    error(409, await client.http.get(f"/api/personalized-feedback/{interview}"))
    await client.answer(interview, 1)
    body = {"interviewId": interview, "questionId": 1, "answer": "A different answer, by now."}
    error(409, await client.http.post("/api/submit-answer-enhanced", json=body))
    created = await client.post("/api/start-multi-round-interview", {**JOB, "selectedRounds": SELECTED})
    error(409, await client.http.post("/api/complete-interview", json={"interviewId": created["interview_id"]}))
    error(409, await client.http.post(f"/api/complete-round/{created['round_ids'][0]}"))


async def test_an_engine_that_is_away_is_503_and_leaves_no_interview(client: Client, service: Service) -> None:
    service.script.fault = grpc.StatusCode.INTERNAL
    failed = await client.http.post("/api/start-role-interview", json={"jobRole": "Engineer"})
    error(503, failed)
    assert int(failed.headers["retry-after"]) >= 1
    async with httpx2.AsyncClient(base_url=f"{service.url}/api/v1", headers=client.http.headers) as native:
        assert expect(200, await native.get("/interviews"))["interviews"] == []


async def test_a_defect_is_500_and_tells_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(Numbers, "interview", broken)
    refusal(500, "An unexpected error occurred", await client.http.get("/api/interview-results/1"))


@pytest.fixture
def limits_on(environment: pytest.MonkeyPatch) -> None:
    """Before the service starts."""
    environment.setenv("RATE_LIMITS", "on")


@pytest.mark.usefixtures("limits_on")
async def test_every_kind_of_endpoint_has_its_published_limit(client: Client) -> None:
    limits = [
        (20, "POST", "/api/submit-answer-enhanced", {"interviewId": 1, "questionId": 1, "answer": ANSWER}),
        (10, "POST", "/api/start-round/999999", None),
        (30, "GET", "/api/personalized-feedback/999999", None),
        (3, "POST", "/api/login", {"email": client.email, "password": "not the password"}),  # of 5, two are used up
    ]
    for allowed, method, path, body in limits:
        for _ in range(allowed):
            assert (await client.http.request(method, path, json=body)).status_code in {401, 404}
        limited = await client.http.request(method, path, json=body)
        refusal(429, "Rate limit exceeded. Please try again later.", limited)
        assert 1 <= int(limited.headers["retry-after"]) <= 60
