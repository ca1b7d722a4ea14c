"""The interview lifecycle."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query
from starlette.requests import Request
from starlette.responses import Response

from chat_service.accounts.identity import Identity
from chat_service.contracts.door import RateClass, authenticated, core_of
from chat_service.contracts.native.interview_changes import interview_filter
from chat_service.contracts.native.media import responds_async
from chat_service.contracts.native.problem import problems
from chat_service.contracts.native.rounds import InterviewInRoundsInput
from chat_service.contracts.native.routes.feedback import feedback_reply
from chat_service.contracts.native.wire import (
    InterviewOut,
    InterviewsOut,
    MessageInput,
    MessageReply,
    ResultOut,
    StartedOut,
    TranscriptOut,
    interview_out,
    message_reply,
    reply,
    request_key,
    result_out,
    started_out,
    transcript_out,
)
from chat_service.interviews.archive import MAX_OFFSET, MAX_PAGE, InterviewFilter
from chat_service.interviews.feedback import FeedbackDetails
from chat_service.interviews.idempotency import RequestKey
from chat_service.interviews.interview import PosedQuestion

router = APIRouter(prefix="/interviews", tags=["interviews"])
Who = Annotated[Identity, Depends(authenticated())]
Key = Annotated[RequestKey | None, Depends(request_key)]
_ENGINE = ("engine_unavailable", "engine_timeout")


@router.post("", status_code=201, response_model=InterviewOut)
async def create_interview(request: Request, who: Who, key: Key, body: InterviewInRoundsInput) -> Response:
    """Creates a draft, or a scheduled interview when `scheduled_at` is given; with `rounds` it is held in them."""
    return reply(interview_out(await core_of(request).lifecycle.create(who.user_id, body.wanted(), request=key)), 201)


@router.get("", response_model=InterviewsOut)
async def list_interviews(
    request: Request,
    who: Who,
    wanted: Annotated[InterviewFilter, Depends(interview_filter)],
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET, description="Instead of a cursor: how many to skip")] = 0,
) -> Response:
    """Your interviews, newest first."""
    page = await core_of(request).archive.page(who.user_id, wanted, limit=limit, cursor=cursor, offset=offset)
    return reply(InterviewsOut(tuple(interview_out(one) for one in page.interviews), page.next_cursor, page.total))


@router.get("/{interview_id}", response_model=TranscriptOut)
async def read_interview(request: Request, who: Who, interview_id: UUID) -> Response:
    """An interview with its transcript. What a full answer says is shown once the question is answered."""
    return reply(transcript_out(await core_of(request).archive.transcript(who.user_id, interview_id)))


@router.post(
    "/{interview_id}/start",
    response_model=StartedOut,
    responses=problems(
        conflict=(
            "illegal_transition",
            "interview_has_rounds",
            "interview_busy",
            "questions_exhausted",
            "interview_budget_spent",
        ),
        forbidden="credits_spent",
        unavailable=_ENGINE,
    ),
)
async def start_interview(
    request: Request, who: Annotated[Identity, Depends(authenticated(RateClass.START))], interview_id: UUID, key: Key
) -> Response:
    """Starts a draft or scheduled interview and asks the first question."""
    return reply(started_out(await core_of(request).lifecycle.start(who.user_id, interview_id, request=key)))


@router.post(
    "/{interview_id}/messages",
    response_model=MessageReply,
    responses=problems(
        conflict=(
            *("interview_not_in_progress", "questions_finished", "question_missing", "question_not_current"),
            *(
                "question_answered",
                "question_closed",
                "round_not_started",
                "answer_in_flight",
                "answer_pending",
                "interview_budget_spent",
            ),
        ),
        unavailable=_ENGINE,
    ),
)
async def answer_question(
    request: Request,
    who: Annotated[Identity, Depends(authenticated(RateClass.ANSWERS))],
    interview_id: UUID,
    key: Key,
    body: MessageInput,
) -> Response:
    """Answers the current question: its score with the evidence, and the next question.

    After 503 the answer is kept; the same text, or the same Idempotency-Key, goes on with it. After
    `interview_budget_spent` it is kept as well, but no waiting will get it graded; the interview can be ended.
    """
    answered = await core_of(request).answering.answer(
        who.user_id,
        interview_id,
        body.content,
        question_id=body.question_id,
        time_spent_seconds=body.time_spent_seconds,
        request=key,
    )
    return reply(message_reply(answered))


@router.post(
    "/{interview_id}/questions/next",
    response_model=PosedQuestion,
    responses=problems(
        conflict=(
            *("interview_not_in_progress", "questions_finished", "questions_exhausted", "interview_busy"),
            "interview_budget_spent",
        ),
        unavailable=_ENGINE,
    ),
)
async def ask_next_question(
    request: Request, who: Annotated[Identity, Depends(authenticated(RateClass.ANSWERS))], interview_id: UUID
) -> Response:
    """The current question. Only needed when a reply had no `next_question` though questions remain."""
    return reply(await core_of(request).lifecycle.ask_next(who.user_id, interview_id))


@router.post(
    "/{interview_id}/end",
    response_model=ResultOut,
    responses={
        **problems(conflict=("illegal_transition", "interview_busy", "answer_in_flight"), unavailable=_ENGINE),
        202: {"model": FeedbackDetails, "description": "Completed; the report is being made, see GET …/feedback"},
    },
)
async def end_interview(
    request: Request,
    who: Who,
    interview_id: UUID,
    key: Key,
    wait: Annotated[bool, Query(description="false: complete it at once, and have the report made afterwards")] = True,
    prefer: Annotated[str, Header(description="respond-async (RFC 7240) asks for the same as wait=false")] = "",
) -> Response:
    """Completes an interview and gives its final report. Sent again, it gives the same report.

    A report with `words_missing` is complete in its numbers; sent again (without the first Idempotency-Key), this asks
    for the words anew. With `wait=false` the interview is completed at once, and 202 says how far its report has come.
    """
    preferred = responds_async(prefer)
    if preferred or not wait:
        response = feedback_reply(await core_of(request).reporting.complete(who.user_id, interview_id), 202)
        response.headers["Location"] = f"{request.scope['root_path']}/interviews/{interview_id}/feedback"
        if preferred:
            response.headers["Preference-Applied"] = "respond-async"
        return response
    return reply(result_out(await core_of(request).reporting.end(who.user_id, interview_id, request=key)))


@router.get(
    "/{interview_id}/result",
    response_model=ResultOut,
    responses=problems(conflict=("interview_not_completed", "report_generating", "report_failed")),
)
async def read_result(request: Request, who: Who, interview_id: UUID) -> Response:
    """The final report of a completed interview. Words that are missing are asked for anew, at most once a minute."""
    return reply(result_out(await core_of(request).reporting.result(who.user_id, interview_id)))
