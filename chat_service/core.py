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
from chat_service.accounts.passwords import Passwords
from chat_service.accounts.profiles import Profiles
from chat_service.accounts.sessions import Sessions
from chat_service.analytics.analytics import Analytics
from chat_service.engine.client import InterviewEngine
from chat_service.interviews.answering import Answering
from chat_service.interviews.archive import Archive
from chat_service.interviews.idempotency import Idempotency
from chat_service.interviews.lifecycle import Lifecycle
from chat_service.interviews.reporting import Reporting
from chat_service.interviews.sweeping import Sweeping
from chat_service.scheduling.schedules import Schedules
from chat_service.settings import Settings
from chat_service.storage import redis as redis_storage
from chat_service.storage.database import Database, in_transaction

request_id: ContextVar[str] = ContextVar("request_id", default="-")


@dataclass(frozen=True, slots=True)
class Core:
    """Every use-case of the service, and what they stand on."""

    settings: Settings
    database: Database
    redis: Redis
    engine: InterviewEngine
    limiter: SlidingWindowCounterRateLimiter
    passwords: Passwords
    accounts: Accounts
    profiles: Profiles
    lifecycle: Lifecycle
    answering: Answering
    reporting: Reporting
    archive: Archive
    sweeping: Sweeping
    schedules: Schedules
    analytics: Analytics

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
        profiles = Profiles(database)
        idempotency = Idempotency(database)
        answering = Answering(database, engine, idempotency)
        patience = settings.ai_deadline_seconds
        reporting = Reporting(database, engine, idempotency, answering, patience_seconds=patience)
        return cls(
            settings=settings,
            database=database,
            redis=redis,
            engine=engine,
            limiter=SlidingWindowCounterRateLimiter(
                RedisStorage(
                    f"async+{settings.redis_url}",
                    implementation="redispy",
                    connection_pool=redis.connection_pool,  # type: ignore[arg-type]
                )
            ),
            passwords=passwords,
            accounts=Accounts(database, sessions, access_tokens, passwords),
            profiles=profiles,
            lifecycle=Lifecycle(
                database,
                engine,
                idempotency,
                profiles,
                question_limit=settings.question_limit,
                patience_seconds=patience,
            ),
            answering=answering,
            reporting=reporting,
            archive=Archive(database),
            sweeping=Sweeping(database, reporting, idempotency, idle_limit=settings.idle_limit),
            schedules=Schedules(database),
            analytics=Analytics(database, idle_limit=settings.idle_limit),
        )

    async def close(self) -> None:
        """Lets go of every connection."""
        self.passwords.close()
        await asyncio.gather(self.engine.close(), self.redis.aclose(), self.database.close())
