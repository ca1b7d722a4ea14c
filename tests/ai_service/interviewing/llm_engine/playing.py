"""The engine at a scripted endpoint, and replies as a model would give them."""

import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

from prometheus_client import CollectorRegistry

from ai_service.grading.grade import ExpectedPoint
from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.interview import (
    Difficulty,
    Domain,
    Evaluation,
    Question,
    QuestionKind,
    QuestionSource,
    SubmittedAnswer,
    Turn,
)
from ai_service.interviewing.llm_engine.engine import LlmEngine
from ai_service.interviewing.rubric import load_rubrics
from ai_service.interviewing.workers import Workers
from ai_service.llm.asking import Asking, Limits
from ai_service.llm.budget import Allowance, Prices
from ai_service.llm.metrics import ModelMetrics
from ai_service.llm.openai import OpenAIModel
from tests.ai_service.interviews import context
from tests.fakes.openai_server import ScriptedOpenAI

PRICES = Prices(input_per_million=2.0, output_per_million=8.0)
QUESTION = Question(
    key="dsa-lookups",
    text="Which structure would you choose for looking things up by name, and why?",
    kind=QuestionKind.MAIN,
    domain=Domain.DSA,
    difficulty=Difficulty.MEDIUM,
    topic="hash_tables",
    topic_title="Hash tables",
    points=(
        ExpectedPoint("choice", "A hash table maps each key to its value.", (), 3),
        ExpectedPoint("time", "A lookup takes constant time on average.", (), 2),
        ExpectedPoint("collisions", "Colliding keys share a bucket, which makes the worst case linear.", (), 2),
    ),
    reference_answer="I would take a hash table, since a lookup is constant on average and linear at worst.",
    time_limit_seconds=120,
    source=QuestionSource.BANK,
)
ANSWER = (
    "I’d go with a hash table because it maps every key straight to its value.\n"
    "On average a lookup is O(1) — constant time, no matter how many entries there are. "
    "If two keys collide they land in the same bucket, so the worst case is linear."
)
CHOICE, TIME, WORST = (
    "I'd go with a hash table because it maps every key straight to its value",
    "On average a lookup is O(1) - constant time",
    "they land in the same bucket, so the worst case is linear",
)
CRITERIA = tuple(criterion.id for criterion in load_rubrics()[Domain.DSA].criteria)


def grading(
    levels: int | Mapping[str, int] = 3,
    *,
    quotes: Sequence[str] = (TIME,),
    of: Mapping[str, Sequence[str]] | None = None,
    statuses: Mapping[str, tuple[str, str | None]] | None = None,
    feedback: str = "You named the structure and its cost. Say more about how collisions are resolved.",
) -> dict[str, Any]:
    """A grading of `ANSWER`; `of` gives the quotes of single criteria, `statuses` those of single points."""
    by_criterion = levels if isinstance(levels, Mapping) else dict.fromkeys(CRITERIA, levels)
    marks = {"choice": ("covered", CHOICE), "time": ("covered", TIME), "collisions": ("partial", WORST)}
    marks.update(statuses or {})  # type: ignore[arg-type]
    return {
        "criteria": [
            {
                "criterion": name,
                "quotes": list((of or {}).get(name, quotes if level else ())),
                "comment": f"About {name}.",
                "level": level,
            }
            for name, level in by_criterion.items()
        ],
        "points": [{"point": name, "quote": quote, "status": status} for name, (status, quote) in marks.items()],
        "strengths": ["You gave the cost of a lookup."],
        "improvements": ["Explain chaining or probing."],
        "feedback": feedback,
    }


def draft(
    question: str = "When an in-memory index has to survive many concurrent writers, how would you keep readers fast?",
    points: Sequence[str] = (
        "Sharding the structure by key lets writers lock only one part of it.",
        "Readers can work on an immutable snapshot that a writer replaces atomically.",
        "Old snapshots may be freed only after the last reader has left them.",
    ),
) -> dict[str, Any]:
    """A question as a model would write it."""
    return {
        "question": question,
        "points": [{"text": text, "phrasings": [f"So {text.lower()}"], "weight": 2} for text in points],
        "reference_answer": "I would combine these ideas and weigh them: " + " ".join(points),
    }


@dataclass
class Playing:
    """The engine and the endpoint that it asks."""

    engine: LlmEngine
    endpoint: ScriptedOpenAI
    registry: CollectorRegistry
    grader: Grader
    bank: Bank
    workers: Workers
    model: OpenAIModel

    @classmethod
    @asynccontextmanager
    async def start(cls, grader: Grader, bank: Bank) -> AsyncIterator[Self]:
        """An engine of one sample."""
        workers = Workers(threads=2, bound=16)
        async with ScriptedOpenAI.start() as endpoint:
            model = OpenAIModel(model="scripted", api_key="sk-a-test-key", base_url=endpoint.base_url, connections=16)
            registry = CollectorRegistry()
            playing = cls(None, endpoint, registry, grader, bank, workers, model)  # type: ignore[arg-type]
            playing.configure()
            yield playing
            await model.close()
        workers.close()

    def configure(
        self,
        *,
        samples: int = 1,
        budget_tokens: int = 1_000_000,
        budget_cost: float | None = None,
        timeout_seconds: float = 5.0,
    ) -> None:
        """Another engine at the same endpoint."""
        self.registry = CollectorRegistry()
        asking = Asking(self.model, Limits(timeout_seconds, 3, 1000, 16), ModelMetrics(self.registry, PRICES))
        self.engine = LlmEngine(
            asking,
            self.grader,
            self.workers,
            self.bank,
            samples=samples,
            allowance=Allowance(budget_tokens, budget_cost, PRICES),
        )

    async def grade(
        self, answer: str = ANSWER, question: Question = QUESTION, turns: Sequence[Turn] = ()
    ) -> Evaluation:
        """The evaluation of an answer."""
        return await self.engine.evaluate(context(question.domain), SubmittedAnswer(question, answer), turns)

    def system_texts(self) -> str:
        """All that any system message said."""
        return "\n".join(text for request in self.endpoint.requests for text in request.texts("system"))

    def data(self, name: str, place: int = -1) -> str | None:
        """A block of data of a request's first user message; None when it has none."""
        text = self.endpoint.requests[place].texts("user")[0]
        found = re.search(rf"\[{name} (\w+)\]\n(.*?)\n\[/{name} \1\]", text, re.DOTALL)
        return found.group(2) if found else None

    def listed(self, name: str, place: int = -1) -> Any:
        """A block of data that is JSON."""
        return json.loads(self.data(name, place) or "null")
