"""Creating and starting interviews, and asking for a question that is missing."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from chat_service.accounts.access_tokens import refused
from chat_service.accounts.credits import require_credit, spend
from chat_service.accounts.profiles import ProfileDetails, Profiles
from chat_service.accounts.resumes import Resumes
from chat_service.engine.client import InterviewEngine, QuestionsExhaustedError
from chat_service.engine.models import Difficulty, Domain
from chat_service.engine.resumes import ParsedResume
from chat_service.errors import AppError, ErrorKind, invalid
from chat_service.interviews import history as histories
from chat_service.interviews.asking import ASKED_AS_NEW, MAX_CHOICES, NextQuestion
from chat_service.interviews.holding import hold, owned
from chat_service.interviews.idempotency import Idempotency, RequestKey
from chat_service.interviews.interview import (
    INTERVIEW,
    STARTED,
    InterviewDetails,
    PosedQuestion,
    StartedInterview,
    context,
    details,
    posed_rows,
)
from chat_service.interviews.leases import Lease
from chat_service.interviews.resumption import not_in_progress, nothing_to_answer
from chat_service.interviews.round_plans import WantedRound, minutes_of, require_rounds
from chat_service.interviews.states import InterviewState, require_transition
from chat_service.interviews.tables import AskedQuestion, Interview
from chat_service.storage.database import Database

_OF_A_USER = "fk_interviews_user_id_users"


@dataclass(frozen=True, slots=True)
class NewInterview:
    """What a candidate asks for. `scheduled_at` carries an offset; `question_limit` None means the default.

    With `rounds` the interview is held in them, one after the other; their questions are all that it has.
    """

    domain: Domain
    difficulty: Difficulty
    scheduled_at: datetime | None = None
    title: str | None = None
    job_role: str | None = None
    job_description: str | None = None
    resume: str | None = None
    focus_areas: Sequence[str] = ()
    skills: Sequence[str] = ()
    experience_level: str | None = None
    target_company: str | None = None
    duration_minutes: int | None = None
    question_limit: int | None = None
    rounds: Sequence[WantedRound] = ()


# What else is done within the transaction that creates an interview.
OnScheduled = Callable[[AsyncSession, Interview], Awaitable[None]]


class Lifecycle:
    """Brings interviews to life."""

    def __init__(
        self,
        database: Database,
        engine: InterviewEngine,
        idempotency: Idempotency,
        profiles: Profiles,
        resumes: Resumes,
        *,
        on_scheduled: OnScheduled,
        question_limit: int,
        patience_seconds: float,
    ) -> None:
        self._database = database
        self._engine = engine
        self._idempotency = idempotency
        self._profiles = profiles
        self._resumes = resumes
        self._on_scheduled = on_scheduled
        self._question_limit = question_limit
        self._patience = patience_seconds

    async def create(
        self, user_id: UUID, wanted: NewInterview, *, request: RequestKey | None = None
    ) -> InterviewDetails:
        """A draft, or a scheduled interview when a time is given.

        Raises INVALID for a time that is not ahead, UNAUTHENTICATED when the account is gone.
        """
        try:
            return await self._idempotency.run(
                user_id, request, INTERVIEW, lambda: self._create(user_id, wanted, request)
            )
        except IntegrityError as error:
            if _OF_A_USER not in str(error.orig):
                raise
            raise refused("account_gone", "This account no longer exists.") from None

    async def start(self, user_id: UUID, interview_id: UUID, *, request: RequestKey | None = None) -> StartedInterview:
        """Asks the first question. Raises NOT_FOUND, CONFLICT for an illegal transition, UNAVAILABLE."""
        return await self._idempotency.run(
            user_id, request, STARTED, lambda: self._start(user_id, interview_id, request)
        )

    async def ask_next(self, user_id: UUID, interview_id: UUID) -> PosedQuestion:
        """The current question; asks for it first when the engine could not give it with the last answer.

        Raises NOT_FOUND, CONFLICT when the interview is not in progress or its questions are finished, UNAVAILABLE.
        """
        interview, lease = await hold(
            self._database, user_id, interview_id, admit=_lacks_question, patience_seconds=self._patience
        )
        if lease is None:
            return await self._current_question(interview)
        async with Lease(self._database, interview_id=interview_id, token=lease, user_id=user_id):
            return (await self._ask(interview, lease, request=None)).question

    async def _create(self, user_id: UUID, wanted: NewInterview, request: RequestKey | None) -> InterviewDetails:
        if wanted.scheduled_at is not None:
            require_ahead(wanted.scheduled_at)
        require_rounds(wanted.rounds)
        profile = (await self._profiles.get(user_id)).details
        stored = None if wanted.resume else await self._resumes.find(user_id)
        resume = stored.resume if stored else None
        async with self._database.transaction() as session:
            interview = Interview(
                user_id=user_id,
                domain=wanted.domain.value,
                difficulty=wanted.difficulty.value,
                state=(InterviewState.SCHEDULED if wanted.scheduled_at else InterviewState.DRAFT).value,
                title=wanted.title,
                job_role=wanted.job_role or profile.target_role,
                job_description=wanted.job_description,
                resume=resume.text if resume else wanted.resume,
                focus_areas=list(wanted.focus_areas),
                skills=list(
                    wanted.skills or profile.skills or profile.tech_stacks or (resume.skills if resume else ())
                ),
                experience_level=wanted.experience_level or profile.experience_level,
                target_company=wanted.target_company or profile.target_company,
                years_experience=_years(profile, resume),
                duration_minutes=wanted.duration_minutes or minutes_of(wanted.rounds),
                question_limit=sum(one.question_count for one in wanted.rounds)
                or wanted.question_limit
                or self._question_limit,
                prepared=bool(wanted.rounds),
                scheduled_at=wanted.scheduled_at,
            )
            session.add(interview)
            await session.flush()
            session.add_all(
                one.row(number, user_id=user_id, interview_id=interview.id)
                for number, one in enumerate(wanted.rounds, 1)
            )
            await session.refresh(interview)
            await self._on_scheduled(session, interview)
            created = details(interview)
            if request is not None:
                await self._idempotency.save(session, user_id, request, INTERVIEW.dump_json(created))
        return created

    async def _start(self, user_id: UUID, interview_id: UUID, request: RequestKey | None) -> StartedInterview:
        interview, lease = await hold(
            self._database, user_id, interview_id, admit=_may_start, patience_seconds=self._patience
        )
        if lease is None:
            raise RuntimeError("an interview that may start was not held")
        key = request.key if request else None
        async with Lease(self._database, interview_id=interview_id, token=lease, user_id=user_id, key=key):
            await require_credit(self._database, user_id)
            return await self._ask(interview, lease, request=request)

    async def _ask(self, interview: Interview, lease: UUID, *, request: RequestKey | None) -> StartedInterview:
        """Chooses a question and records it, and with it the start of an interview that has not begun."""
        for _ in range(MAX_CHOICES):
            history = await histories.load(
                self._database,
                interview_id=interview.id,
                current=None,
                user_id=interview.user_id,
                domain=Domain(interview.domain),
            )
            try:
                question = await self._engine.next_question(context(interview), history)
            except QuestionsExhaustedError:
                raise AppError(
                    ErrorKind.CONFLICT, "questions_exhausted", "There is no question for such an interview."
                ) from None
            chosen = NextQuestion.place(question, number=interview.questions_asked + 1, history=history, asked={})
            try:
                return await self._record(interview, lease, chosen, request)
            except IntegrityError as error:
                if ASKED_AS_NEW not in str(error.orig):
                    raise
        raise AppError(
            ErrorKind.CONFLICT,
            "interview_busy",
            "Other interviews of yours keep taking the questions meant for this one. Try again in a moment.",
            retry_after=1,
        )

    async def _record(
        self, interview: Interview, lease: UUID, chosen: NextQuestion, request: RequestKey | None
    ) -> StartedInterview:
        async with self._database.transaction() as session:
            row = await owned(session, interview.user_id, interview.id, lock=True)
            if row.lease_token != lease:
                raise AppError(
                    ErrorKind.CONFLICT,
                    "interview_busy",
                    "Another request has taken over this interview. Try again in a moment.",
                    retry_after=1,
                )
            now = datetime.now(UTC)
            await begin(session, row, now)
            row.lease_token = row.lease_until = None
            row.current_question_id = chosen.id
            row.questions_asked = chosen.number
            row.last_activity_at = row.turn_began_at = now
            session.add(chosen.row(user_id=row.user_id, interview_id=row.id))
            await session.flush()
            started = StartedInterview(details(row), chosen.shown)
            if request is not None:
                await self._idempotency.save(session, row.user_id, request, STARTED.dump_json(started))
        return started

    async def _current_question(self, interview: Interview) -> PosedQuestion:
        async with self._database.transaction() as session:
            rows = await session.scalars(
                select(AskedQuestion).where(AskedQuestion.interview_id == interview.id).order_by(AskedQuestion.number)
            )
            return next(one for one in posed_rows(list(rows)) if one.id == interview.current_question_id)


async def begin(session: AsyncSession, interview: Interview, now: datetime) -> None:
    """Puts a locked draft or scheduled interview in progress, within the caller's transaction; once only.

    It costs one credit. Raises FORBIDDEN when there is none.
    """
    if interview.state != InterviewState.IN_PROGRESS:
        await spend(session, interview.user_id, interview.id)
        interview.state = InterviewState.IN_PROGRESS.value
        interview.started_at = now


def require_ahead(moment: datetime) -> None:
    """Raises INVALID for a time without an offset, and for one that is not in the future."""
    if moment.tzinfo is None:
        raise invalid("scheduled_at", "needs an offset from UTC, such as 2030-01-31T09:00:00Z")
    if moment <= datetime.now(UTC):
        raise invalid("scheduled_at", "is in the past; choose a time ahead")


def _years(profile: ProfileDetails, resume: ParsedResume | None) -> float | None:
    return resume.years_experience if resume and profile.years_experience is None else profile.years_experience


def _may_start(interview: Interview) -> bool:
    require_transition(InterviewState(interview.state), InterviewState.IN_PROGRESS)
    if interview.prepared:
        raise AppError(
            ErrorKind.CONFLICT,
            "interview_has_rounds",
            "This interview is held in rounds. Start its first round; that starts the interview.",
        )
    return True


def _lacks_question(interview: Interview) -> bool:
    if interview.state != InterviewState.IN_PROGRESS:
        raise not_in_progress(interview)
    if interview.current_question_id is None and (
        interview.prepared or interview.questions_asked >= interview.question_limit
    ):
        raise nothing_to_answer(interview)
    return interview.current_question_id is None
