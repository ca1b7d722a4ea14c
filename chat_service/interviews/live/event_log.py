"""The kept events of live interviews: what has been recorded, in the order in which it happened.

Events are read off the recorded interview, so that none is lost when a process dies between the two, and none is
missing for what was done over REST.
"""

from collections.abc import AsyncIterator, Container, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chat_service.engine.report import REPORT
from chat_service.interviews.holding import owned
from chat_service.interviews.interview import FinishedInterview, details, posed_rows, progress
from chat_service.interviews.live.events import BODIES, AcceptedAnswer, Body, EventKind, LiveEvent, StateReached
from chat_service.interviews.live.tables import LiveEventRow
from chat_service.interviews.resumption import recorded_turn
from chat_service.interviews.states import InterviewState
from chat_service.interviews.tables import Answer, AskedQuestion, Interview, StoredReport
from chat_service.storage.database import Database

_AFTER = """
SELECT sequence, kind, body, created_at, message_id FROM live_events
WHERE interview_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3
"""
_ABOUT = """
SELECT sequence, kind, body, created_at, message_id FROM live_events
WHERE interview_id = $1 AND kind = $2 AND subject = $3
"""
_ANSWERED_BY = """
SELECT (body ->> 'question_id')::uuid AS question_id FROM live_events
WHERE interview_id = $1 AND kind = 'answer_accepted' AND message_id = $2
"""
_LAST_QUESTION = """
SELECT coalesce(max(sequence), 1) - 1 AS before FROM live_events WHERE interview_id = $1 AND kind = 'question'
"""
_STAY_AWAKE = """
UPDATE interviews SET last_activity_at = now()
WHERE id = $1 AND user_id = $2 AND state = 'in_progress' AND last_activity_at < now() - interval '30 seconds'
"""
_GLANCE = """
SELECT i.state, i.questions_asked, i.answers_recorded, i.question_limit, i.current_question_id,
       coalesce(i.lease_until > now(), false) AS held,
       a.id AS pending_id, a.question_id AS pending_question_id, a.content AS pending_content,
       EXISTS (SELECT FROM reports WHERE interview_id = i.id) AS reported
FROM interviews i LEFT JOIN LATERAL (
  SELECT id, question_id, content FROM answers
  WHERE interview_id = i.id AND evaluation IS NULL AND i.state = 'in_progress'
  ORDER BY submitted_at LIMIT 1
) AS a ON true
WHERE i.id = $1 AND i.user_id = $2
"""
# All events of an interview at once: numbers have no gaps.
_PRUNE = """
DELETE FROM live_events WHERE interview_id IN (
  SELECT e.interview_id FROM live_events e JOIN interviews i ON i.id = e.interview_id
  WHERE e.created_at < now() - interval '1 day'
    AND coalesce(i.completed_at, i.cancelled_at) < now() - interval '1 day'
)
"""

# One statement, for interviews by text have neither. Columns are named as the fields of the events.
_OF_VOICE = text("""
SELECT 'voice_turn', turn_id::text, answer_id, to_jsonb(voice_turns) FROM voice_turns
WHERE interview_id = :interview_id
UNION ALL
SELECT 'interviewer_spoke', subject_id::text, subject_id, to_jsonb(interviewer_utterances) FROM interviewer_utterances
WHERE interview_id = :interview_id
""")

_BATCH = 50
_BEGUN = (InterviewState.IN_PROGRESS, InterviewState.COMPLETED)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """An answer that has just been accepted, and what the client called the message that it came in."""

    answer_id: UUID
    message_id: str | None


@dataclass(frozen=True, slots=True)
class PendingAnswer:
    """An accepted answer without a grade."""

    id: UUID
    question_id: UUID
    content: str


@dataclass(frozen=True, slots=True)
class Glance:
    """An interview in brief: its state, whether the engine is at work for it, and whether there is a report."""

    reached: StateReached
    current_question_id: UUID | None
    pending: PendingAnswer | None
    held: bool
    reported: bool


class EventLog:
    """Keeps events and gives them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def glance(self, user_id: UUID, interview_id: UUID) -> Glance | None:
        """The interview in brief; None when there is none."""
        row = await self._database.fetch_row(_GLANCE, interview_id, user_id)
        if row is None:
            return None
        pending = None
        if row["pending_id"] is not None:
            pending = PendingAnswer(row["pending_id"], row["pending_question_id"], row["pending_content"])
        state = InterviewState(row["state"])
        come = progress(
            state=state,
            asked=row["questions_asked"],
            recorded=row["answers_recorded"],
            limit=row["question_limit"],
        )
        return Glance(
            reached=StateReached(interview_id, state, come, thinking=row["held"]),
            current_question_id=row["current_question_id"],
            pending=pending,
            held=row["held"],
            reported=row["reported"],
        )

    async def catch_up(self, user_id: UUID, interview_id: UUID, new: Acceptance | None = None) -> int:
        """Keeps an event of everything that has been recorded since. Gives the newest number. Raises NOT_FOUND.

        That an answer was accepted is told by whoever accepted it, in `new`: he knows what the client called it. Others
        tell it once it is graded, or when nobody is at work on it any more.
        """
        async with self._database.transaction() as session:
            interview = await owned(session, user_id, interview_id, lock=True)
            kept = {
                (kind, subject): message_id
                for kind, subject, message_id in await session.execute(
                    select(LiveEventRow.kind, LiveEventRow.subject, LiveEventRow.message_id).where(
                        LiveEventRow.interview_id == interview_id
                    )
                )
            }
            newest = len(kept)
            names = {subject: message_id for (_, subject), message_id in kept.items() if message_id}
            if new is not None and new.message_id is not None:
                names[str(new.answer_id)] = new.message_id
            async for kind, subject, body in _missing(session, interview, kept, new):
                newest += 1
                session.add(
                    LiveEventRow(
                        interview_id=interview_id,
                        sequence=newest,
                        user_id=user_id,
                        kind=kind.value,
                        subject=subject,
                        message_id=names.get(subject),
                        body=BODIES[kind].dump_python(body, mode="json"),
                    )
                )
        return newest

    async def after(self, interview_id: UUID, sequence: int) -> Sequence[LiveEvent]:
        """The next events behind the number, at most 50."""
        rows = await self._database.fetch(_AFTER, interview_id, sequence, _BATCH)
        return [_event(row) for row in rows]

    async def about(self, interview_id: UUID, kind: EventKind, subject: UUID) -> LiveEvent | None:
        """The event of that kind about something."""
        row = await self._database.fetch_row(_ABOUT, interview_id, kind.value, str(subject))
        return None if row is None else _event(row)

    async def answered_by(self, interview_id: UUID, message_id: str) -> UUID | None:
        """The question whose answer a client's message was, if it was accepted as one."""
        row = await self._database.fetch_row(_ANSWERED_BY, interview_id, message_id)
        return None if row is None else row["question_id"]

    async def before_last_question(self, interview_id: UUID) -> int:
        """The number of the event before the last question; 0 when there was none."""
        row = await self._database.fetch_row(_LAST_QUESTION, interview_id)
        return 0 if row is None else int(row["before"])

    async def stay_awake(self, user_id: UUID, interview_id: UUID) -> None:
        """Keeps the interview from being completed for idleness."""
        await self._database.fetch(_STAY_AWAKE, interview_id, user_id)

    async def prune(self) -> None:
        """Drops the events of interviews that have been done for a day. A later reader has them made anew."""
        await self._database.fetch(_PRUNE)


async def _missing(
    session: AsyncSession, interview: Interview, kept: Container[tuple[str, str]], new: Acceptance | None
) -> AsyncIterator[tuple[EventKind, str, Body]]:
    """What has been recorded and not been told, in the order in which it happened."""
    state = InterviewState(interview.state)

    def told(kind: EventKind, subject: object) -> bool:
        return (kind.value, str(subject)) in kept

    def reached(one: InterviewState) -> tuple[EventKind, str, Body]:
        come = progress(
            state=one,
            asked=0 if one is InterviewState.IN_PROGRESS else interview.questions_asked,
            recorded=0 if one is InterviewState.IN_PROGRESS else interview.answers_recorded,
            limit=interview.question_limit,
        )
        return EventKind.INTERVIEW_STATE, one.value, StateReached(interview.id, one, come)

    if state in _BEGUN:
        if not told(EventKind.INTERVIEW_STATE, InterviewState.IN_PROGRESS):
            yield reached(InterviewState.IN_PROGRESS)
        async for one in _missing_turns(session, interview, kept, new):
            yield one
    if state in {InterviewState.COMPLETED, InterviewState.CANCELLED}:
        if not told(EventKind.INTERVIEW_STATE, state):
            yield reached(state)
        stored = await session.get(StoredReport, interview.id)
        if stored is not None and not told(EventKind.INTERVIEW_ENDED, interview.id):
            report = REPORT.validate_python(stored.report, strict=False)
            yield EventKind.INTERVIEW_ENDED, str(interview.id), FinishedInterview(details(interview), report)


async def _missing_turns(
    session: AsyncSession, interview: Interview, kept: Container[tuple[str, str]], new: Acceptance | None
) -> AsyncIterator[tuple[EventKind, str, Body]]:
    questions = list(
        await session.scalars(
            select(AskedQuestion).where(AskedQuestion.interview_id == interview.id).order_by(AskedQuestion.number)
        )
    )
    answer_to, answers, held = await _answers(session, interview, kept)
    voiced = await _missing_of_voice(session, interview.id, kept)
    last_answer: UUID | None = None
    for question, shown in zip(questions, posed_rows(questions), strict=True):
        asked = not interview.prepared or question.id in answer_to or question.id == interview.current_question_id
        if asked and (EventKind.QUESTION.value, str(question.id)) not in kept:
            yield EventKind.QUESTION, str(question.id), shown
        for one in _taken(voiced, last_answer, question.id):
            yield one
        last_answer = answer_to.get(question.id)
        answer = answers.get(question.id)
        if answer is None or (answer.evaluation is None and held and (new is None or new.answer_id != answer.id)):
            continue
        if (EventKind.ANSWER_ACCEPTED.value, str(answer.id)) not in kept:
            accepted = AcceptedAnswer(answer.id, question.id, answer.content, answer.submitted_at)
            yield EventKind.ANSWER_ACCEPTED, str(answer.id), accepted
        if answer.evaluation is not None:
            yield EventKind.FEEDBACK, str(answer.id), recorded_turn(interview, questions, question, answer)
    for one in _taken(voiced, *list(voiced)):
        yield one


async def _answers(
    session: AsyncSession, interview: Interview, kept: Container[tuple[str, str]]
) -> tuple[dict[UUID, UUID], dict[UUID, Answer], bool]:
    """By question: the ids of all answers, and those not told yet; and whether the engine is at work."""
    # By the database's clock, as every lease.
    rows = await session.execute(
        select(Answer.id, Answer.question_id, Answer.evaluation.is_not(None), func.now()).where(
            Answer.interview_id == interview.id
        )
    )
    ids: dict[UUID, UUID] = {}
    untold: list[UUID] = []
    held = False
    for answer_id, question_id, graded, now in rows:
        ids[question_id] = answer_id
        held = interview.lease_until is not None and interview.lease_until > now
        accepted = (EventKind.ANSWER_ACCEPTED.value, str(answer_id)) in kept
        if not accepted or (graded and (EventKind.FEEDBACK.value, str(answer_id)) not in kept):
            untold.append(answer_id)
    if not untold:
        return ids, {}, held
    told = await session.scalars(select(Answer).where(Answer.id.in_(untold)))
    return ids, {one.question_id: one for one in told}, held


def _taken(
    voiced: dict[UUID | None, list[tuple[EventKind, str, Body]]], *subjects: UUID | None
) -> list[tuple[EventKind, str, Body]]:
    return [one for subject in subjects for one in voiced.pop(subject, ())]


async def _missing_of_voice(
    session: AsyncSession, interview_id: UUID, kept: Container[tuple[str, str]]
) -> dict[UUID | None, list[tuple[EventKind, str, Body]]]:
    """What was said aloud and has not been told, by the question or the answer that it belongs to."""
    missing: dict[UUID | None, list[tuple[EventKind, str, Body]]] = {}
    for kind, subject, about, body in await session.execute(_OF_VOICE, {"interview_id": interview_id}):
        if (kind, subject) not in kept:
            told = EventKind(kind), subject, BODIES[EventKind(kind)].validate_python(body, strict=False)
            missing.setdefault(about, []).append(told)
    return missing


def _event(row: asyncpg.Record) -> LiveEvent:
    kind = EventKind(row["kind"])
    body = BODIES[kind].validate_python(row["body"], strict=False)
    return LiveEvent(kind, row["sequence"], row["created_at"], body, row["message_id"])
