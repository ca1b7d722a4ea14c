"""The endpoints of contract 001, with its published base path."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.requests import Request

from chat_service.accounts.identity import Identity
from chat_service.accounts.profiles import ProfileChanges
from chat_service.accounts.resumes import MAX_FILE_BYTES
from chat_service.contracts.door import RateClass, authenticated, core_of, limited, validation_error
from chat_service.contracts.interview_api import rendering
from chat_service.contracts.interview_api.wire import (
    NOT_BLANK,
    USUAL_QUESTIONS,
    AnswerInput,
    CompletedOut,
    CompletedRoundOut,
    Credentials,
    GradedOut,
    InterviewOut,
    InterviewReference,
    Job,
    LoggedInOut,
    MultiRoundInterview,
    MultiRoundOut,
    NextRound,
    PersonalizedFeedback,
    RefreshedOut,
    RefreshRequest,
    RegisteredOut,
    Registration,
    ResultsOut,
    RoleInterview,
    StartedOut,
    StartedRoundOut,
    SuggestionsOut,
    UserOut,
)
from chat_service.core import Core
from chat_service.engine.models import Domain
from chat_service.errors import not_found
from chat_service.interviews.lifecycle import NewInterview
from chat_service.interviews.question_sets import SetQuestion, WantedSet
from chat_service.interviews.round_plans import suggest_rounds, usual_difficulty
from chat_service.interviews.states import InterviewState

UPLOAD = "/api/upload-resume"
MAX_UPLOAD_BYTES = MAX_FILE_BYTES + 64 * 1024  # a form's own lines around the file

router = APIRouter(prefix="/api")
_limited = Depends(limited(RateClass.AUTHENTICATION))
Who = Annotated[Identity, Depends(authenticated())]
Starter = Annotated[Identity, Depends(authenticated(RateClass.START))]
Answerer = Annotated[Identity, Depends(authenticated(RateClass.ANSWERS))]
Reader = Annotated[Identity, Depends(authenticated(RateClass.FEEDBACK))]
Number = Annotated[int, Path(ge=1)]
_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["resume", "jobRole"],
                    "properties": {
                        "resume": {"type": "string", "format": "binary", "description": "A PDF file, at most 10 MiB"},
                        "jobRole": {
                            "type": "string",
                            "minLength": 1,
                            "maxLength": 200,
                            "examples": ["Software Engineer"],
                            **NOT_BLANK,
                        },
                    },
                },
                "encoding": {"resume": {"contentType": "application/pdf"}},
            }
        },
    }
}


@router.post("/register", status_code=201, dependencies=[_limited], tags=["authentication"])
async def register(request: Request, body: Registration) -> RegisteredOut:
    """Opens an account."""
    core = core_of(request)
    details = ProfileChanges(full_name=body.name)
    account = await core.accounts.sign_up(body.email, body.password, details=details)
    return RegisteredOut(user_id=await core.numbers.of_user(account.id))


@router.post("/login", dependencies=[_limited], tags=["authentication"])
async def log_in(request: Request, body: Credentials) -> LoggedInOut:
    """Opens a session."""
    core = core_of(request)
    tokens = await core.accounts.log_in(body.email, body.password)
    who = await core.accounts.authenticate(tokens.access_token)
    profile = await core.profiles.get(who.user_id)
    return LoggedInOut(
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token,
        user=UserOut(
            id=await core.numbers.of_user(who.user_id), email=profile.email, name=profile.details.full_name or ""
        ),
    )


@router.post("/refresh", dependencies=[_limited], tags=["authentication"])
async def refresh(request: Request, body: RefreshRequest) -> RefreshedOut:
    """A new access token; the refresh token goes on."""
    return RefreshedOut(access_token=(await core_of(request).accounts.refresh(body.refresh_token)).access_token)


@router.post("/upload-resume", openapi_extra=_FORM, tags=["interviews"])
async def upload_resume(request: Request, who: Starter) -> StartedOut:
    """Keeps a resume in the profile and starts an interview for a role, with questions that fit both."""
    core = core_of(request)
    async with request.form(max_files=1, max_fields=8) as form:
        file = form.get("resume")
        try:
            wanted = RoleInterview.model_validate({"jobRole": form.get("jobRole")})
        except ValidationError as error:
            raise validation_error([{**one, "loc": ("body", *one["loc"])} for one in error.errors()]) from None
        if not isinstance(file, UploadFile):
            raise validation_error([{"type": "missing", "loc": ("body", "resume"), "msg": "Field required"}])
        await core.resumes.put(who.user_id, await file.read(), file.filename)
    return await _started(core, who, wanted)


@router.post("/start-role-interview", tags=["interviews"])
async def start_role_interview(request: Request, who: Starter, body: RoleInterview) -> StartedOut:
    """Starts an interview for a role."""
    return await _started(core_of(request), who, body)


@router.post("/submit-answer-enhanced", tags=["interviews"])
async def submit_answer(request: Request, who: Answerer, body: AnswerInput) -> GradedOut:
    """Grades an answer, and may ask a follow-up."""
    core = core_of(request)
    interview = await core.numbers.interview(who.user_id, body.interview_id)
    questions = await core.question_sets.questions(who.user_id, interview)
    wanted = next((one for one in questions if one.turn.question.number == body.question_id), None)
    if wanted is None:
        raise not_found("question")
    answered = await core.answering.answer(
        who.user_id,
        interview,
        body.answer,
        question_id=wanted.turn.question.id,
        time_spent_seconds=None if body.time_spent is None else round(body.time_spent),
    )
    return rendering.graded_out(answered)


@router.post("/complete-interview", tags=["interviews"])
async def complete_interview(request: Request, who: Who, body: InterviewReference) -> CompletedOut:
    """Completes an interview. Sent again, it gives the same."""
    core = core_of(request)
    interview = await core.numbers.interview(who.user_id, body.interview_id)
    finished = await core.reporting.end(who.user_id, interview)
    questions = await core.question_sets.questions(who.user_id, interview)
    report = finished.report
    return CompletedOut(
        evaluation_metrics=rendering.metrics(questions, report.overall_score),
        improvement_plan=rendering.improvement_plan(report),
        personalized_feedback=rendering.personalized_feedback(
            report, finished.interview.completed_at or finished.interview.created_at
        ),
    )


@router.post("/suggest-rounds", tags=["rounds"])
async def suggest(request: Request, who: Who, body: Job) -> SuggestionsOut:
    """The rounds that are usual for a job."""
    suggested = suggest_rounds(body.job_role, job_description=body.job_description)
    return SuggestionsOut(suggested_rounds=[rendering.suggested_round(one) for one in suggested.rounds])


@router.post("/start-multi-round-interview", tags=["rounds"])
async def start_multi_round_interview(request: Request, who: Starter, body: MultiRoundInterview) -> MultiRoundOut:
    """Creates an interview in rounds."""
    core = core_of(request)
    wanted = NewInterview(
        domain=Domain.ROLE,
        difficulty=usual_difficulty(body.job_role, job_description=body.job_description),
        job_role=body.job_role,
        job_description=body.job_description,
        rounds=tuple(one.wanted() for one in body.selected_rounds),
    )
    created = await core.lifecycle.create(who.user_id, wanted)
    rounds = await core.rounds.list(who.user_id, created.id)
    return MultiRoundOut(
        interview_id=await core.numbers.of_interview(who.user_id, created.id),
        round_ids=await core.numbers.of_rounds(who.user_id, created.id, [one.id for one in rounds]),
    )


@router.post("/start-round/{round_id}", tags=["rounds"])
async def start_round(request: Request, who: Starter, round_id: Number) -> StartedRoundOut:
    """Gives a round its questions; rounds are held in order."""
    core = core_of(request)
    interview, found = await _round(core, who, round_id)
    started = await core.rounds.start(who.user_id, interview, found)
    return StartedRoundOut(
        round_id=round_id,
        round_name=started.round.name,
        round_type=started.round.type,
        questions=_questions(started.questions),
    )


@router.post("/complete-round/{round_id}", tags=["rounds"])
async def complete_round(request: Request, who: Who, round_id: Number) -> CompletedRoundOut:
    """Ends a round. Sent again, it gives the same."""
    core = core_of(request)
    interview, found = await _round(core, who, round_id)
    completed = await core.rounds.complete(who.user_id, interview, found)
    following = completed.next_round
    if following is None:
        return CompletedRoundOut(round_score=completed.round.score, next_round=None)
    number = (await core.numbers.of_rounds(who.user_id, interview, [following.id]))[0]
    return CompletedRoundOut(
        round_score=completed.round.score,
        next_round=NextRound(id=number, name=following.name, type=following.type),
    )


@router.get("/personalized-feedback/{interview_id}", tags=["feedback"])
async def read_feedback(request: Request, who: Reader, interview_id: Number) -> PersonalizedFeedback:
    """Feedback on a completed interview."""
    core = core_of(request)
    finished = await core.reporting.result(who.user_id, await core.numbers.interview(who.user_id, interview_id))
    return rendering.personalized_feedback(
        finished.report, finished.interview.completed_at or finished.interview.created_at
    )


@router.get("/interview-results/{interview_id}", tags=["feedback"])
async def read_results(request: Request, who: Reader, interview_id: Number) -> ResultsOut:
    """All of an interview, as far as it has come."""
    core = core_of(request)
    found = await core.numbers.interview(who.user_id, interview_id)
    interview = (await core.archive.transcript(who.user_id, found)).interview
    questions = await core.question_sets.questions(who.user_id, found)
    plan = rendering.NO_PLAN
    if interview.state is InterviewState.COMPLETED:
        # Another door may have had it completed with its report still being made.
        made = (await core.reporting.feedback(who.user_id, found)).report is not None
        plan = rendering.improvement_plan((await core.reporting.result(who.user_id, found)).report) if made else plan
    return ResultsOut(
        interview=InterviewOut(
            id=interview_id,
            job_role=interview.job_role,
            score=interview.overall_score,
            status=interview.state,
            created_at=interview.created_at,
        ),
        questions=[rendering.answered_question(one) for one in questions],
        evaluation_metrics=rendering.metrics(questions, interview.overall_score),
        improvement_plan=plan,
    )


async def _started(core: Core, who: Identity, wanted: RoleInterview) -> StartedOut:
    interview = NewInterview(
        domain=Domain.ROLE,
        difficulty=usual_difficulty(wanted.job_role, job_description=wanted.job_description),
        job_role=wanted.job_role,
        job_description=wanted.job_description,
        focus_areas=wanted.topics(),
    )
    prepared = await core.opening.open(who.user_id, interview, WantedSet(count=USUAL_QUESTIONS, follow_ups=True))
    return StartedOut(
        interview_id=await core.numbers.of_interview(who.user_id, prepared.interview.id),
        questions=_questions(prepared.questions),
    )


async def _round(core: Core, who: Identity, number: int) -> tuple[UUID, UUID]:
    """The interview of a round, and the round."""
    found = await core.rounds.find(who.user_id, await core.numbers.round(who.user_id, number))
    return found.interview_id, found.id


def _questions(questions: Sequence[SetQuestion]) -> list[Any]:
    return [rendering.question_out(one) for one in questions]
