"""What the floor is started with."""

import asyncio
import base64
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import asyncpg

from protos.interview_engine.v1 import evaluation_pb2 as grades
from protos.interview_engine.v1 import interview_engine_pb2 as calls
from protos.interview_engine.v1 import question_pb2 as questions
from tests.bench.pilot import ANSWERS, Pilot, answer

_DOMAIN = questions.DOMAIN_DSA
_DIFFICULTY = questions.DIFFICULTY_MEDIUM


@dataclass(frozen=True)
class Payload:
    """The bytes that the floor sends and stores in place of computed ones, as long as the service's.

    `grpc_request` is base64 of a serialized EvaluateAnswerRequest; `evaluation` and `points` are JSON texts that are
    stored, `text` and `reference_answer` those of the next question, `reply` is the body of the response.
    """

    grpc_request: str
    evaluation: str
    points: str
    text: str
    reference_answer: str
    reply: str

    @property
    def grpc_request_bytes(self) -> bytes:
        """The serialized request."""
        return base64.b64decode(self.grpc_request)

    @property
    def sizes(self) -> str:
        """How large they are, in words."""
        return f"{len(self.grpc_request_bytes):,} bytes to the engine, {len(self.reply.encode()):,} to the client"

    @classmethod
    def of(cls, pilot: Pilot, database_url: str) -> Self:
        """What the service sends and stores for an answer in the middle of an interview such as the pilot's."""
        row = asyncio.run(_question_with_evaluation(pilot, database_url))
        return cls(
            grpc_request=base64.b64encode(_evaluate_answer(row)).decode(),
            evaluation=row["evaluation"],
            points=row["points"],
            text=row["text"],
            reference_answer=row["reference_answer"],
            reply=pilot.reply,
        )


@dataclass(frozen=True)
class FloorPlan:
    """Where the floor listens and finds its servers, and what it sends."""

    port: int
    database_url: str
    redis_url: str
    jwt_secret: str
    ai_address: str
    payload: Payload

    def write(self, path: Path) -> None:
        """Writes the file that the floor is started with, for its owner alone."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self)), "utf-8")

    @classmethod
    def read(cls, path: Path) -> Self:
        """Reads that file."""
        fields = json.loads(path.read_text("utf-8"))
        return cls(**{**fields, "payload": Payload(**fields["payload"])})


async def _question_with_evaluation(pilot: Pilot, database_url: str) -> Any:
    connection = await asyncpg.connect(database_url)
    try:
        return await connection.fetchrow(
            "SELECT q.*, a.evaluation FROM questions q JOIN answers a ON a.question_id = q.id"
            " WHERE q.interview_id = $1 ORDER BY q.number LIMIT 1",
            pilot.finished,
        )
    finally:
        await connection.close()


def _evaluate_answer(row: Any) -> bytes:
    points = json.loads(row["points"])
    named = {
        "kind": questions.QUESTION_KIND_MAIN,
        "domain": _DOMAIN,
        "difficulty": _DIFFICULTY,
        "topic": row["topic"],
        "topic_title": row["topic_title"],
    }
    keys = [f"{row['key']}{number}" for number in range((ANSWERS - 1) // 2)]
    past = [
        questions.Turn(
            question=questions.Question(key=key, text=row["text"], **named),
            evaluation=grades.Evaluation(
                status=grades.EVALUATION_STATUS_SCORED,
                score=72.5,
                points=[grades.PointResult(id=one["id"], status=grades.POINT_STATUS_COVERED) for one in points],
            ),
        )
        for key in keys
    ]
    request = calls.EvaluateAnswerRequest(
        context=questions.InterviewContext(
            domain=_DOMAIN,
            difficulty=_DIFFICULTY,
            job_role="Backend Engineer",
            focus_areas=["hash tables"],
            skills=["python", "postgresql"],
            years_experience=4,
            question_limit=ANSWERS + 1,
            interview_id=str(row["interview_id"]),
        ),
        question=questions.Question(
            key=row["key"],
            text=row["text"],
            points=[questions.ExpectedPoint(**one) for one in points],
            reference_answer=row["reference_answer"],
            time_limit_seconds=row["time_limit_seconds"],
            source=questions.QUESTION_SOURCE_BANK,
            **named,
        ),
        answer=answer(0),
        next_question=calls.NextQuestionRequest(turns=past, seen_keys=[*keys, row["key"]]),
    )
    return request.SerializeToString()
