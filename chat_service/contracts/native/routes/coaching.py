"""Coaching outside of interviews."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from chat_service.accounts.identity import Identity
from chat_service.contracts.door import RateClass, authenticated, core_of
from chat_service.contracts.native.coaching import CoachingInput, PracticeInput, PracticeOut, practice_out
from chat_service.contracts.native.problem import problems
from chat_service.contracts.native.wire import reply
from chat_service.engine.coaching import CoachingFeedback

router = APIRouter(prefix="/coaching", tags=["coaching"])
Who = Annotated[Identity, Depends(authenticated(RateClass.ANSWERS))]
_ENGINE = ("engine_unavailable", "engine_timeout")


@router.post(
    "/feedback",
    response_model=CoachingFeedback,
    responses=problems(conflict="coaching_budget_spent", unavailable=_ENGINE),
)
async def coach_answer(request: Request, who: Who, body: CoachingInput) -> Response:
    """Reads an answer element by element of a framework, with the words that show each and what to add.

    It gives no score and keeps nothing. An answer that is empty, declined, unreadable, only repeats the question or
    addresses its reader gets no verdicts, and `not_assessable_reason` says why.
    """
    return reply(await core_of(request).coaching.feedback(body.question, body.answer, body.framework))


@router.post("/practice-questions", response_model=PracticeOut, responses=problems(unavailable=_ENGINE))
async def suggest_practice_question(request: Request, who: Who, body: PracticeInput) -> Response:
    """A question to practise a skill or a job with, and guidance on a full answer.

    Questions that you were given in the last 30 days do not come again while others fit. `match` says how it was found:
    by the name of the skill, by its words, by the nearest meaning, by the job alone, or written by a language model.
    """
    practice = await core_of(request).coaching.practice_question(
        who.user_id, job_role=body.job_role, skill=body.skill, difficulty=body.level
    )
    return reply(practice_out(practice, include_reference=body.include_reference))
