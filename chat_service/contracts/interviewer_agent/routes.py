"""The endpoints of contract 003, with its published base path."""

from contextlib import suppress
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request

from chat_service.accounts.identity import Identity
from chat_service.contracts.credentials import API_KEY
from chat_service.contracts.door import RateClass, authenticated, core_of
from chat_service.contracts.interviewer_agent.wire import (
    AnswerInput,
    AnswerOut,
    CoachedOut,
    CreatedOut,
    EndedOut,
    FeedbackInput,
    InterviewInput,
    InterviewOut,
    PracticeInput,
    PracticeOut,
    Success,
    answer_out,
    coached_out,
    created_out,
    ended_out,
    interview_out,
    level,
    practice_out,
    wanted,
)
from chat_service.contracts.live_socket import interview_named
from chat_service.errors import AppError, not_found
from chat_service.interviews.states import InterviewState

BASE = "/api/v1"

router = APIRouter(prefix=BASE)
Who = Annotated[Identity, Depends(authenticated(RateClass.KEY, API_KEY))]


@router.post("/interviews", status_code=201, tags=["interview"])
async def create_interview(request: Request, who: Who, body: InterviewInput) -> Success[CreatedOut]:
    """Creates an interview and asks its first question, which is there for a GET or a WebSocket from then on."""
    core = core_of(request)
    created = await core.lifecycle.create(who.user_id, wanted(body))
    try:
        await core.lifecycle.start(who.user_id, created.id)
    except AppError:
        # Nobody gets its id, so nobody could go on with it.
        await core.schedules.cancel(who.user_id, created.id)
        raise
    return Success("success", created_out(created))


@router.get("/interviews/{interview_id}", tags=["interview"])
async def read_interview(request: Request, who: Who, interview_id: str) -> Success[InterviewOut]:
    """An interview and the question that waits for an answer. One that is missing is asked for anew."""
    core = core_of(request)
    read = await core.archive.transcript(who.user_id, interview_named(interview_id))
    question = read.current_question
    interview = read.interview
    left = interview.question_limit - interview.questions_asked
    if question is None and interview.state is InterviewState.IN_PROGRESS and left > 0:
        with suppress(AppError):
            question = await core.lifecycle.ask_next(who.user_id, interview.id)
    return Success("success", interview_out(interview, question))


@router.post("/interviews/{interview_id}/answers", tags=["interview"])
async def submit_answer(request: Request, who: Who, interview_id: str, body: AnswerInput) -> Success[AnswerOut]:
    """Answers the current question. After the last one, end the interview."""
    answered = await core_of(request).answering.answer(
        who.user_id, interview_named(interview_id), body.answer, question_id=_question_named(body.question_id)
    )
    return Success("success", answer_out(answered))


@router.post("/interviews/{interview_id}/end", tags=["interview"])
async def end_interview(request: Request, who: Who, interview_id: str) -> Success[EndedOut]:
    """Completes an interview. Sent again, it gives the same summary."""
    finished = await core_of(request).reporting.end(who.user_id, interview_named(interview_id))
    return Success("success", ended_out(finished))


@router.post("/coaching/feedback", tags=["coaching"])
async def coach_answer(request: Request, _: Who, body: FeedbackInput) -> Success[CoachedOut]:
    """Reads an answer by a framework: STAR, CAR, PAR, SOAR, or PREP for explanations."""
    feedback = await core_of(request).coaching.feedback(body.question, body.answer, body.framework)
    return Success("success", coached_out(feedback))


@router.post("/coaching/practice-questions", tags=["coaching"])
async def suggest_practice_question(request: Request, who: Who, body: PracticeInput) -> Success[PracticeOut]:
    """A question to practise a skill of a job with."""
    practice = await core_of(request).coaching.practice_question(
        who.user_id, job_role=body.job_role, skill=body.skill, difficulty=level(body)
    )
    return Success("success", practice_out(practice))


def _question_named(name: str) -> UUID:
    try:
        return UUID(name)
    except ValueError:
        raise not_found("question") from None
