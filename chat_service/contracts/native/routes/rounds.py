"""Interviews in rounds."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from chat_service.accounts.identity import Identity
from chat_service.contracts.door import RateClass, authenticated, core_of
from chat_service.contracts.native.problem import problems
from chat_service.contracts.native.rounds import (
    RoundsOut,
    RoundSuggestionsInput,
    StartedRoundOut,
    StartRoundInput,
    SuggestionsOut,
    questions_out,
)
from chat_service.contracts.native.wire import reply, request_key
from chat_service.interviews.idempotency import RequestKey
from chat_service.interviews.round_plans import suggest_rounds
from chat_service.interviews.rounds import CompletedRound

router = APIRouter(prefix="/interviews", tags=["rounds"])
Who = Annotated[Identity, Depends(authenticated())]
_ENGINE = ("engine_unavailable", "engine_timeout")


@router.post("/rounds/suggestions", response_model=SuggestionsOut)
async def suggest(request: Request, who: Who, body: RoundSuggestionsInput) -> Response:
    """The rounds that are usual for a job: by its family, and by the seniority that level, role and text speak of."""
    suggested = suggest_rounds(
        body.job_role, job_description=body.job_description, experience_level=body.experience_level
    )
    return reply(SuggestionsOut(suggested.family, suggested.seniority, suggested.rounds))


@router.get("/{interview_id}/rounds", response_model=RoundsOut)
async def list_rounds(request: Request, who: Who, interview_id: UUID) -> Response:
    """The rounds of an interview; none when it is not held in rounds."""
    return reply(RoundsOut(await core_of(request).rounds.list(who.user_id, interview_id)))


@router.post(
    "/{interview_id}/rounds/{round_id}/start",
    response_model=StartedRoundOut,
    responses=problems(
        forbidden="credits_spent",
        not_found="round_not_found",
        conflict=(
            *("interview_not_in_progress", "round_out_of_order", "round_completed", "questions_exhausted"),
            *("interview_busy", "interview_budget_spent"),
        ),
        unavailable=_ENGINE,
    ),
)
async def start_round(
    request: Request,
    who: Annotated[Identity, Depends(authenticated(RateClass.START))],
    interview_id: UUID,
    round_id: UUID,
    key: Annotated[RequestKey | None, Depends(request_key)],
    body: StartRoundInput | None = None,
) -> Response:
    """Gives a round its questions, to be answered in any order; the first round starts the interview.

    A round under way gives its questions again.
    """
    started = await core_of(request).rounds.start(
        who.user_id, interview_id, round_id, follow_ups=body is None or body.follow_ups, request=key
    )
    return reply(StartedRoundOut(started.round, questions_out(started.questions)))


@router.post(
    "/{interview_id}/rounds/{round_id}/complete",
    response_model=CompletedRound,
    responses=problems(
        not_found="round_not_found",
        conflict=("interview_not_in_progress", "round_not_started", "interview_busy", "answer_in_flight"),
        unavailable=_ENGINE,
    ),
)
async def complete_round(request: Request, who: Who, interview_id: UUID, round_id: UUID) -> Response:
    """Ends a round: its score, and the round that comes next. Sent again, it gives the same.

    The interview goes on until it is ended, even after its last round; its report covers all of them.
    """
    return reply(await core_of(request).rounds.complete(who.user_id, interview_id, round_id))
