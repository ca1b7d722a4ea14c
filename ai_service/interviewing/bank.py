"""The question bank: data files below `bank/`, read once into frozen values with indexes."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml

from ai_service.errors import ResourceError
from ai_service.grading.grade import ExpectedPoint
from ai_service.interviewing.interview import Difficulty, Domain, Question, QuestionKind, QuestionSource

BANK_FOLDER = Path(__file__).parent / "bank"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of a domain; `study` says what to study when it is weak."""

    domain: Domain
    id: str
    title: str
    study: str


@dataclass(frozen=True, slots=True)
class BankQuestion:
    """A main question with the follow-ups that probe its points; a follow-up's key is `question-id.follow-up-id`.

    `track` names the role that a question is for; empty outside the domain `role`.
    """

    question: Question
    follow_ups: tuple[Question, ...]
    track: str = ""

    @property
    def source(self) -> str:
        """What compositions call its part of the bank: the domain, or `role/` and the track of a role's questions."""
        return f"{self.question.domain.value}/{self.track}" if self.track else self.question.domain.value


@dataclass(frozen=True, eq=False)
class Bank:
    """Every question and topic. `version` names the content: equal content, equal version."""

    questions: tuple[BankQuestion, ...]
    topics: tuple[Topic, ...]
    version: str

    @cached_property
    def by_key(self) -> Mapping[str, BankQuestion]:
        """The main questions by their key."""
        return {entry.question.key: entry for entry in self.questions}

    @cached_property
    def by_domain(self) -> Mapping[Domain, Sequence[BankQuestion]]:
        """The main questions of each domain that has any."""
        found: dict[Domain, list[BankQuestion]] = {}
        for entry in self.questions:
            found.setdefault(entry.question.domain, []).append(entry)
        return found

    @cached_property
    def by_source(self) -> Mapping[str, Sequence[BankQuestion]]:
        """The main questions by `BankQuestion.source`."""
        found: dict[str, list[BankQuestion]] = {}
        for entry in self.questions:
            found.setdefault(entry.source, []).append(entry)
        return found

    @cached_property
    def topic(self) -> Mapping[tuple[Domain, str], Topic]:
        """The topics by domain and id."""
        return {(topic.domain, topic.id): topic for topic in self.topics}

    def cell(self, domain: Domain, difficulty: Difficulty) -> Sequence[BankQuestion]:
        """The main questions of one domain and difficulty."""
        return [entry for entry in self.by_domain.get(domain, ()) if entry.question.difficulty is difficulty]

    def on_topic(self, domain: Domain, topic: str) -> Sequence[BankQuestion]:
        """The main questions of one topic."""
        return [entry for entry in self.by_domain.get(domain, ()) if entry.question.topic == topic]


@lru_cache(maxsize=4)
def load_bank(folder: Path = BANK_FOLDER) -> Bank:
    """Read every `<difficulty>.yaml` and `topics.yaml` of a domain or of a role's track below `folder`, once a process.

    Raises `ResourceError`, naming the file, when one cannot be read as the bank that `schema.json` describes.
    """
    digest = hashlib.sha256()
    topics: dict[tuple[Domain, str], Topic] = {}
    cells: list[tuple[Path, dict[str, Any]]] = []
    for path in sorted(folder.rglob("*.yaml")):
        try:
            raw = path.read_bytes()
            digest.update(f"{path.relative_to(folder)}\0{len(raw)}\0".encode() + raw)
            data = yaml.load(raw, Loader=yaml.CSafeLoader)
            if path.stem == "topics":
                domain = Domain(data["domain"])
                for topic in data["topics"]:
                    if (domain, topic["id"]) in topics:
                        raise ValueError(f"the topic {topic['id']} is taken")
                    topics[domain, topic["id"]] = Topic(domain, topic["id"], topic["title"], topic["study"])
            else:
                cells.append((path, data))
        except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
            raise ResourceError(f"the question bank's file {path} cannot be read: {error!r}") from error
    questions: dict[str, BankQuestion] = {}
    for path, data in cells:
        try:
            domain, difficulty = Domain(data["domain"]), Difficulty(data["difficulty"])
            for record in data["questions"]:
                entry = BankQuestion(*_entry(record, domain, difficulty, topics), data.get("track", ""))
                if entry.question.key in questions:
                    raise ValueError(f"the id {entry.question.key} is taken")
                questions[entry.question.key] = entry
        except (KeyError, TypeError, ValueError) as error:
            raise ResourceError(f"the question bank's file {path} cannot be read: {error!r}") from error
    return Bank(tuple(questions.values()), tuple(topics.values()), digest.hexdigest()[:12])


def _entry(
    record: dict[str, Any], domain: Domain, difficulty: Difficulty, topics: Mapping[tuple[Domain, str], Topic]
) -> tuple[Question, tuple[Question, ...]]:
    topic = topics[domain, record["topic"]]
    main = Question(
        key=record["id"],
        text=record["text"],
        kind=QuestionKind.MAIN,
        domain=domain,
        difficulty=difficulty,
        topic=topic.id,
        topic_title=topic.title,
        points=_points(record["points"]),
        reference_answer=record["reference_answer"],
        time_limit_seconds=record["time_limit_seconds"],
        source=QuestionSource.BANK,
    )
    return main, tuple(_follow_up(main, follow_up) for follow_up in record["follow_ups"])


def _follow_up(main: Question, record: dict[str, Any]) -> Question:
    return Question(
        key=f"{main.key}.{record['id']}",
        text=record["text"],
        kind=QuestionKind.FOLLOW_UP,
        domain=main.domain,
        difficulty=main.difficulty,
        topic=main.topic,
        topic_title=main.topic_title,
        points=_points(record["points"]),
        reference_answer=record["reference_answer"],
        # One point of the main question: about half of its time.
        time_limit_seconds=max(60, main.time_limit_seconds // 2),
        source=QuestionSource.BANK,
        parent_key=main.key,
        probed_point_id=record["point"],
    )


def _points(records: list[dict[str, Any]]) -> tuple[ExpectedPoint, ...]:
    return tuple(
        ExpectedPoint(point["id"], point["text"], tuple(point.get("phrasings", ())), point.get("weight", 1))
        for point in records
    )
