"""The composition root: builds every use-case once."""

import asyncio
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Self

from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio import Redis

from chat_service.accounts.access_tokens import AccessTokens
from chat_service.accounts.accounts import Accounts
from chat_service.accounts.api_keys import ApiKeys
from chat_service.accounts.cookie_sessions import CookieSessions
from chat_service.accounts.directory import Directory
from chat_service.accounts.passwords import Passwords
from chat_service.accounts.places import Places
from chat_service.accounts.profiles import Profiles
from chat_service.accounts.resumes import Resumes
from chat_service.accounts.sessions import Sessions
from chat_service.accounts.standing import Standing
from chat_service.accounts.tickets import Tickets
from chat_service.analytics.analytics import Analytics
from chat_service.coaching.coaching import Coaching
from chat_service.engine.client import InterviewEngine
from chat_service.engine.live_speech import LiveSpeech
from chat_service.engine.speech import SpeechRecognition
from chat_service.interviews.answering import Answering
from chat_service.interviews.archive import Archive
from chat_service.interviews.editing import Editing
from chat_service.interviews.export import Export
from chat_service.interviews.granting import Granting
from chat_service.interviews.idempotency import Idempotency
from chat_service.interviews.lifecycle import Lifecycle
from chat_service.interviews.live.live import Live
from chat_service.interviews.live.voice.turn_taking import TurnTimes
from chat_service.interviews.live.voice.voice import Voice, VoiceSettings
from chat_service.interviews.numbers import Numbers
from chat_service.interviews.opening import Opening
from chat_service.interviews.question_sets import QuestionSets
from chat_service.interviews.recordings.inspection import Inspection
from chat_service.interviews.recordings.recordings import Recordings
from chat_service.interviews.recordings.transcription import Transcription
from chat_service.interviews.recordings.transcripts import TRANSCRIPTION_JOB, Transcripts
from chat_service.interviews.reporting import FEEDBACK_JOB, Reporting
from chat_service.interviews.rounds import Rounds
from chat_service.interviews.scoring import Scoring
from chat_service.interviews.sweeping import Sweeping
from chat_service.scheduling.mailing import LogMailer, SmtpMailer
from chat_service.scheduling.reminders import REMINDER_JOB, Reminders
from chat_service.scheduling.schedules import Schedules
from chat_service.settings import Settings
from chat_service.storage import redis as redis_storage
from chat_service.storage.database import Database, in_transaction
from chat_service.storage.files import BucketStore, Desk, FolderStore, Store
from chat_service.storage.job_worker import JobWorker, Work
from chat_service.storage.jobs import Jobs

request_id: ContextVar[str] = ContextVar("request_id", default="-")


@dataclass(frozen=True, slots=True)
class Core:
    """Every use-case of the service, and what they stand on."""

    settings: Settings
    database: Database
    redis: Redis
    engine: InterviewEngine
    recognition: SpeechRecognition
    limiter: SlidingWindowCounterRateLimiter
    passwords: Passwords
    accounts: Accounts
    api_keys: ApiKeys
    cookie_sessions: CookieSessions
    standing: Standing
    tickets: Tickets
    places: Places
    directory: Directory
    granting: Granting
    export: Export
    profiles: Profiles
    resumes: Resumes
    lifecycle: Lifecycle
    answering: Answering
    question_sets: QuestionSets
    opening: Opening
    numbers: Numbers
    rounds: Rounds
    reporting: Reporting
    live: Live
    live_speech: LiveSpeech
    voice: Voice
    recordings: Recordings
    transcripts: Transcripts
    archive: Archive
    editing: Editing
    scoring: Scoring
    sweeping: Sweeping
    schedules: Schedules
    jobs: Jobs
    job_worker: JobWorker
    transcription_worker: JobWorker
    analytics: Analytics
    coaching: Coaching

    @classmethod
    async def build(cls, settings: Settings) -> Self:
        """Builds everything. Connects to the database; raises what its driver raises when that fails."""
        database = Database(settings.database_url, pool=settings.database_pool)
        await database.connect()
        redis = redis_storage.connect(settings.redis_url)
        engine = InterviewEngine(
            settings.ai_address,
            token=settings.ai_service_token.get_secret_value(),
            channels=settings.ai_channels,
            deadline_seconds=settings.ai_deadline_seconds,
            request_id=request_id.get,
            in_transaction=in_transaction,
        )
        secret = settings.jwt_secret.get_secret_value()
        passwords = Passwords()
        sessions = Sessions(redis, key=secret, life=settings.refresh_token_life)
        access_tokens = AccessTokens(secret, settings.access_token_life)
        api_keys = ApiKeys(database)
        standing = Standing(sessions, api_keys)
        profiles = Profiles(database)
        resumes = Resumes(database, engine)
        idempotency = Idempotency(database)
        patience = settings.ai_deadline_seconds
        answering = Answering(database, engine, idempotency, patience_seconds=patience)
        jobs = Jobs(database)
        reporting = Reporting(database, engine, idempotency, answering, jobs, patience_seconds=patience)
        reminders = Reminders(
            database,
            jobs,
            SmtpMailer(settings.smtp_url.get_secret_value()) if settings.smtp_url else LogMailer(),
            minutes=settings.reminder_leads,
            sender=settings.mail_from or "mock-interview@localhost",
        )
        lifecycle = Lifecycle(
            database,
            engine,
            idempotency,
            profiles,
            resumes,
            on_scheduled=reminders.plan,
            question_limit=settings.question_limit,
            patience_seconds=patience,
        )
        live = Live(database, redis, lifecycle, answering, reporting)
        live_speech = LiveSpeech(
            settings.ai_address,
            token=settings.ai_service_token.get_secret_value(),
            channels=settings.ai_channels,
            request_id=request_id.get,
        )
        sets = QuestionSets(database, engine, idempotency, patience_seconds=patience)
        recognition = SpeechRecognition(
            settings.ai_address,
            token=settings.ai_service_token.get_secret_value(),
            request_id=request_id.get,
            in_transaction=in_transaction,
        )
        store = _audio_store(settings)
        transcripts = Transcripts(
            database,
            jobs,
            Transcription(database, store, recognition, deadline_seconds=patience),
            answering,
            inline_seconds=settings.transcribe_inline_seconds,
            patience_seconds=patience,
        )
        return cls(
            settings=settings,
            database=database,
            redis=redis,
            engine=engine,
            recognition=recognition,
            limiter=SlidingWindowCounterRateLimiter(
                RedisStorage(
                    f"async+{settings.redis_url}",
                    implementation="redispy",
                    connection_pool=redis.connection_pool,  # type: ignore[arg-type]
                )
            ),
            passwords=passwords,
            accounts=Accounts(database, sessions, access_tokens, passwords, signup_credits=settings.signup_credits),
            api_keys=api_keys,
            cookie_sessions=CookieSessions(redis, database, sessions, key=secret, life=settings.refresh_token_life),
            standing=standing,
            tickets=Tickets(redis, standing),
            places=Places(redis),
            directory=Directory(database),
            granting=Granting(database, idempotency),
            export=Export(database, Archive(database)),
            profiles=profiles,
            resumes=resumes,
            lifecycle=lifecycle,
            answering=answering,
            question_sets=sets,
            opening=Opening(lifecycle, sets, Editing(database)),
            numbers=Numbers(database),
            rounds=Rounds(database, sets, answering, idempotency, patience_seconds=patience),
            reporting=reporting,
            live=live,
            live_speech=live_speech,
            voice=Voice(
                database,
                redis,
                live,
                live_speech,
                VoiceSettings(
                    TurnTimes(
                        done=settings.voice_done_seconds,
                        open=settings.voice_open_seconds,
                        trailing=settings.voice_trailing_seconds,
                        plea_factor=settings.voice_plea_factor,
                        longest=settings.voice_turn_seconds,
                    ),
                    resume_seconds=settings.voice_resume_seconds,
                ),
            ),
            recordings=Recordings(
                database,
                Desk(settings.audio_folder / "incoming"),
                store,
                Inspection(most_seconds=settings.audio_max_seconds),
            ),
            transcripts=transcripts,
            archive=Archive(database),
            editing=Editing(database),
            scoring=Scoring(Archive(database), sets, reporting),
            sweeping=Sweeping(database, reporting, idempotency, idle_limit=settings.idle_limit),
            schedules=Schedules(database, reminders),
            jobs=jobs,
            job_worker=JobWorker(
                settings.database_url,
                {
                    FEEDBACK_JOB: Work(reporting.generate, reporting.give_up),
                    REMINDER_JOB: Work(reminders.send, reminders.give_up),
                },
                at_once=settings.jobs_at_once,
                attempts=settings.job_attempts,
                on_begin=request_id.set,
            ),
            # A lane of their own: they take minutes, and nothing else should wait behind them.
            transcription_worker=JobWorker(
                settings.database_url,
                {TRANSCRIPTION_JOB: Work(transcripts.work, transcripts.give_up)},
                at_once=settings.transcriptions_at_once,
                attempts=settings.job_attempts,
                on_begin=request_id.set,
            ),
            analytics=Analytics(database, idle_limit=settings.idle_limit),
            coaching=Coaching(engine, redis),
        )

    async def close(self) -> None:
        """Lets go of every connection."""
        self.passwords.close()
        await self.live.close()
        await asyncio.gather(
            self.engine.close(),
            self.live_speech.close(),
            self.recognition.close(),
            self.redis.aclose(),
            self.database.close(),
        )


def _audio_store(settings: Settings) -> Store:
    if settings.audio_bucket is None:
        return FolderStore(settings.audio_folder)
    bucket, _, prefix = settings.audio_bucket.removeprefix("s3://").partition("/")
    secret = settings.audio_bucket_secret
    return BucketStore(
        bucket,
        prefix=prefix.strip("/"),
        endpoint=settings.audio_bucket_endpoint,
        region=settings.audio_bucket_region,
        access_key_id=settings.audio_bucket_key_id,
        secret_access_key=secret.get_secret_value() if secret else None,
    )
