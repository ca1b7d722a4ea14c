"""Questions of a session, their answers and evaluations."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from chat_service.accounts.identity import Identity
from chat_service.contracts.door import RateClass, authenticated, core_of
from chat_service.contracts.interview_system.feedback_wire import (
    Evaluation,
    SessionEvaluation,
    evaluation_out,
    session_evaluation_out,
)
from chat_service.contracts.interview_system.wire import (
    EvaluationRequest,
    Question,
    QuestionId,
    QuestionRequest,
    Questions,
    SessionId,
    Success,
    question_out,
    success,
)
from chat_service.core import Core
from chat_service.errors import invalid
from chat_service.interviews.recordings.transcripts import TranscriptStatus

router = APIRouter(prefix="/api/v1/interviews/sessions/{session_id}", tags=["questions"])
Who = Annotated[Identity, Depends(authenticated())]


@router.post("/questions/generate", status_code=201, response_model=Success[Questions])
async def generate_questions(
    request: Request,
    who: Annotated[Identity, Depends(authenticated(RateClass.START))],
    session_id: SessionId,
    body: QuestionRequest,
) -> Response:
    """Chooses questions, and starts the session with them. Asked again, it adds more."""
    prepared = await core_of(request).question_sets.prepare(who.user_id, session_id, body.wanted())
    return success(Questions(questions=[question_out(one) for one in prepared.questions]), 201)


@router.get("/questions", response_model=Success[Questions])
async def list_questions(request: Request, who: Who, session_id: SessionId) -> Response:
    """The questions of a session."""
    questions = await core_of(request).question_sets.questions(who.user_id, session_id)
    return success(Questions(questions=[question_out(one) for one in questions]))


@router.get("/questions/{question_id}", response_model=Success[Question])
async def read_question(request: Request, who: Who, session_id: SessionId, question_id: QuestionId) -> Response:
    """One question."""
    return success(question_out(await core_of(request).question_sets.question(who.user_id, session_id, question_id)))


@router.post("/questions/{question_id}/evaluate", response_model=Success[Evaluation])
async def evaluate_answer(
    request: Request,
    who: Annotated[Identity, Depends(authenticated(RateClass.ANSWERS))],
    session_id: SessionId,
    question_id: QuestionId,
    body: EvaluationRequest,
) -> Response:
    """Evaluates the answer that is sent, the one that was given before, or the transcript of the recorded one.

    An answer is taken once. `transcript` is the recording's transcript as the candidate has corrected it. Expected
    keywords are looked for beside the question's own.
    """
    core = core_of(request)
    question = await core.question_sets.question(who.user_id, session_id, question_id)
    given = question.turn.answer
    text = body.text if body.text is not None or given is None else given.content
    if given is None or given.evaluation is None or given.content != text:
        await _answer(core, who.user_id, session_id, question_id, body, text)
        question = await core.question_sets.question(who.user_id, session_id, question_id)
        given = question.turn.answer
    if given is None:
        raise RuntimeError("an answer that was graded has vanished")
    return success(evaluation_out(question, given, body.expected_keywords))


@router.get("/evaluation", response_model=Success[SessionEvaluation])
async def read_evaluation(request: Request, who: Who, session_id: SessionId) -> Response:
    """The evaluations of a session and their means."""
    return success(session_evaluation_out(await core_of(request).scoring.scores(who.user_id, session_id)))


async def _answer(
    core: Core, user_id: UUID, session_id: UUID, question_id: UUID, body: EvaluationRequest, text: str | None
) -> None:
    """Answers with the text, or with the transcript of the recording when none or a corrected one was sent."""
    if body.answer is None and text == body.transcript:
        heard = await core.transcripts.find(user_id, session_id, question_id)
        if heard is not None and (text is None or heard.status is TranscriptStatus.READY):
            if text is not None:
                await core.transcripts.edit(user_id, session_id, question_id, text)
            await core.transcripts.submit(user_id, session_id, question_id)
            return
    if text is None:
        raise invalid("answer", "Send the text of the answer, or record and transcribe it: there is none yet")
    await core.answering.answer(user_id, session_id, text, question_id=question_id)
