"""Question sets."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from chat_service.accounts.identity import Identity
from chat_service.contracts.door import RateClass, authenticated, core_of
from chat_service.contracts.native.problem import problems
from chat_service.contracts.native.rounds import (
    PreparedOut,
    QuestionOut,
    QuestionSetInput,
    QuestionsOut,
    question_out,
    questions_out,
)
from chat_service.contracts.native.wire import interview_out, reply, request_key
from chat_service.interviews.idempotency import RequestKey

router = APIRouter(prefix="/interviews", tags=["questions"])
Who = Annotated[Identity, Depends(authenticated())]


@router.post(
    "/{interview_id}/questions",
    status_code=201,
    response_model=PreparedOut,
    responses=problems(
        forbidden="credits_spent",
        conflict=(
            *("interview_not_in_progress", "interview_has_rounds", "questions_exhausted", "interview_busy"),
            "interview_budget_spent",
        ),
        unavailable=("engine_unavailable", "engine_timeout"),
    ),
)
async def prepare_questions(
    request: Request,
    who: Annotated[Identity, Depends(authenticated(RateClass.START))],
    interview_id: UUID,
    key: Annotated[RequestKey | None, Depends(request_key)],
    body: QuestionSetInput,
) -> Response:
    """Chooses questions up front, and starts a draft or scheduled interview with them.

    They can be answered in any order at /messages, which takes a `question_id`; without one the first open question is
    meant. From then on the interview asks nothing by itself but follow-ups, if they are wanted.
    """
    prepared = await core_of(request).question_sets.prepare(who.user_id, interview_id, body.wanted(), request=key)
    return reply(PreparedOut(interview_out(prepared.interview), questions_out(prepared.questions)), 201)


@router.get("/{interview_id}/questions", response_model=QuestionsOut)
async def list_questions(request: Request, who: Who, interview_id: UUID) -> Response:
    """The questions of an interview with their answers, prepared or asked one by one."""
    return reply(QuestionsOut(questions_out(await core_of(request).question_sets.questions(who.user_id, interview_id))))


@router.get(
    "/{interview_id}/questions/{question_id}",
    response_model=QuestionOut,
    responses=problems(not_found="question_not_found"),
)
async def read_question(request: Request, who: Who, interview_id: UUID, question_id: UUID) -> Response:
    """One question with its answer."""
    return reply(question_out(await core_of(request).question_sets.question(who.user_id, interview_id, question_id)))
