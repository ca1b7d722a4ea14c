"""Questions to practise with, from the bank: nearest by skill, role and difficulty, and honest about how near."""

import hashlib
import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ai_service.coaching.coaching import Framework, PracticeMatch, PracticeQuestion, PracticeWish
from ai_service.coaching.frameworks import read_data
from ai_service.coaching.reading import load_wording
from ai_service.errors import ResourceError
from ai_service.grading.embedding import Vectors
from ai_service.grading.reading import Reader
from ai_service.grading.words import words_of
from ai_service.interviewing.bank import Bank, BankQuestion
from ai_service.interviewing.composition import Composition
from ai_service.interviewing.interview import Domain, InterviewContext
from ai_service.interviewing.matching import vocabulary_of

_WORDS_FIT = 0.5
# Cosine of a skill and a topic with what to study for it; skills that the bank serves lie above, "welding" below.
_MEANING_NEAR = 0.3
_OF_THE_NEAREST = 0.9
_ROLE_LIMIT = 10


@dataclass(frozen=True, slots=True)
class _Fitting:
    questions: Sequence[BankQuestion]
    match: PracticeMatch
    explanation: str


class Practice:
    """Chooses practice questions. Blocks, and is thread-safe; the same wish gives the same question."""

    def __init__(self, reader: Reader, bank: Bank, composition: Composition) -> None:
        self._reader = reader
        self._bank = bank
        self._composition = composition
        self._vocabulary = vocabulary_of(bank)
        self._skills = _skills(bank)
        self._structures: Mapping[str, Mapping[str, str]] = read_data("structures.yaml")
        self._topics: Vectors | None = None
        self._lock = threading.Lock()

    def choose(self, wish: PracticeWish) -> PracticeQuestion:
        """The question that fits best of those that were not had, else the one that was had longest ago."""
        fitting = self._fitting(wish)
        questions = self._of_role(fitting.questions, wish)
        had = {key: place for place, key in enumerate(reversed(wish.seen_keys))}
        fresh = [one for one in questions if one.question.key not in had]
        if not fresh and len(questions) < len(fitting.questions):
            fresh = [one for one in fitting.questions if one.question.key not in had]
        notes = []
        if fresh:
            steps = [abs(one.question.difficulty.rank - wish.difficulty.rank) for one in fresh]
            nearest = [one for one, step in zip(fresh, steps, strict=True) if step == min(steps)]
            seed = f"{wish.job_role}\0{wish.skill}\0{wish.difficulty}\0{len(wish.seen_keys)}".encode()
            chance = random.Random(hashlib.blake2b(seed, digest_size=8).digest())  # noqa: S311 - variety, not secrecy
            chosen = chance.choice(nearest)
        else:
            chosen = min(questions, key=lambda one: had[one.question.key])
            notes.append(str(load_wording()["matches"]["seen"]))
        question = chosen.question
        if question.difficulty is not wish.difficulty:
            notes.append(
                load_wording()["matches"]["difficulty"].format(
                    wanted=wish.difficulty.value, difficulty=question.difficulty.value
                )
            )
        explained = fitting.explanation.format(
            topic=question.topic_title, skill=f"“{wish.skill}”", role=f"“{wish.job_role}”"
        )
        structure = self._structures[question.domain.value]
        return PracticeQuestion(
            question,
            fitting.match,
            " ".join([explained, *notes]),
            structure["structure"].strip(),
            Framework(structure["framework"]),
        )

    def _fitting(self, wish: PracticeWish) -> _Fitting:
        words = load_wording()["matches"]
        if wish.skill:
            named = self._skills.get(_plain(wish.skill))
            if named is not None:
                found = [one for one in self._bank.questions if {one.source, one.question.topic} & named]
                return _Fitting(found, PracticeMatch.SKILL, words["skill"])
            fits = self._vocabulary.fits([wish.skill])
            near = [one for one in self._bank.questions if fits.get(one.question.key, 0.0) >= _WORDS_FIT]
            if near:
                return _Fitting(near, PracticeMatch.WORDS, words["words"])
            if topics := self._nearest_topics(wish.skill):
                found = [one for one in self._bank.questions if (one.question.domain, one.question.topic) in topics]
                return _Fitting(found, PracticeMatch.MEANING, words["meaning"])
        shares = self._composition.shares(self._context(wish))
        found = [one for source in shares for one in self._bank.by_source.get(source, ())]
        known = self._knows_role(wish)
        asked = "both" if wish.skill and wish.job_role else "skill" if wish.skill else "role"
        text = words[f"general_for_{asked}"] if not known else words["role"] if wish.skill else words["role_only"]
        return _Fitting(found, PracticeMatch.ROLE, text)

    def _of_role(self, questions: Sequence[BankQuestion], wish: PracticeWish) -> Sequence[BankQuestion]:
        """Those of the job's own part of the bank, where there are any."""
        if not wish.job_role or not self._knows_role(wish):
            return questions
        own = {source for source in self._composition.shares(self._context(wish)) if source.startswith("role/")}
        return [one for one in questions if one.source in own] or questions

    def _knows_role(self, wish: PracticeWish) -> bool:
        return bool(wish.job_role) and self._composition.shares(self._context(wish)) != self._composition.role_default

    def _context(self, wish: PracticeWish) -> InterviewContext:
        return InterviewContext(Domain.ROLE, wish.difficulty, _ROLE_LIMIT, job_role=wish.job_role)

    def _nearest_topics(self, skill: str) -> set[tuple[Domain, str]]:
        topics = self._bank.topics
        with self._lock:
            if self._topics is None:
                self._topics = self._reader.mean_vectors([f"{topic.title}. {topic.study}" for topic in topics])
        likeness = self._topics @ self._reader.read_known([skill])[0].mean
        best = float(np.max(likeness))
        if best < _MEANING_NEAR:
            return set()
        return {
            (topic.domain, topic.id)
            for topic, value in zip(topics, likeness, strict=True)
            if value >= max(_MEANING_NEAR, _OF_THE_NEAREST * best)
        }


def _skills(bank: Bank) -> Mapping[str, frozenset[str]]:
    """The parts and topics of the bank by the names of skills, those of the topics themselves among them."""
    known = set(bank.by_source) | {topic.id for topic in bank.topics}
    found = {_plain(topic.title): frozenset([topic.id]) for topic in bank.topics}
    for entry in read_data("skills.yaml"):
        if unknown := set(entry["practises"]) - known:
            raise ResourceError(f"skills.yaml of coaching names {sorted(unknown)}, which the bank does not have")
        for name in entry["names"]:
            found[_plain(name)] = frozenset(entry["practises"])
    return found


def _plain(name: str) -> str:
    return " ".join(word.form for word in words_of(name)) or name.strip().casefold()
