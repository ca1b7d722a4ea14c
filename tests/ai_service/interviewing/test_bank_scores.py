"""Every question of the bank, graded by the built-in engine: a full answer scores high, an empty one does not."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer

from ai_service.grading import grader as grading
from ai_service.grading.embedding import EmbeddedText, Embedder
from ai_service.grading.grade import Delivery
from ai_service.grading.grader import Grader
from ai_service.grading.reading import Reader
from ai_service.grading.segmentation import sentences_of
from ai_service.interviewing.bank import BANK_FOLDER, Bank, BankQuestion
from ai_service.interviewing.evaluation import STORIES, Evaluations
from ai_service.interviewing.feedback import FeedbackWriter
from ai_service.interviewing.interview import Question
from ai_service.interviewing.rubric import load_rubrics
from ai_service.interviewing.wording import load_wording
from tests.ai_service.denials import with_false, with_not
from tests.ai_service.injections import payloads
from tests.ai_service.interviewing.attacks import attacks_on

HIGH, LOW, GAIN = 85, 25, 5
# "It is false that" before every sentence leaves one question 28 points, and all others under 25.
CALLED_FALSE = 30
# A "not" in every sentence leaves 7.4 points on average and more than 25 to 8.3 in 100 questions. This is the bound for
# a part of the bank: the worst, four stories of experts, has 46, and the worst of those on technical questions 21.
DENIED = 48
PASTE = 20_000  # characters
_WITHIN_PASTE = 12  # reference answers that stand whole in the paste
_REMEMBERED = 1_500  # texts
_ELSEWHERE = {"stories": "lld", "technical": "behavioral"}
CELLS = sorted(str(path.relative_to(BANK_FOLDER).with_suffix("")) for path in BANK_FOLDER.rglob("*.yaml"))

Score = Callable[[Question, str], float | None]


class _Remembering(Embedder):
    """Reads each of the last texts once, and those of the same attack on many questions once for all."""

    def __init__(self, encoder: Any, tokenizer: Tokenizer) -> None:
        super().__init__(encoder, tokenizer)
        self._known: OrderedDict[str, EmbeddedText] = OrderedDict()
        self._kept: dict[str, EmbeddedText] = {}

    def keep(self, text: str) -> None:
        """Read the sentences of a text that many questions will be answered with."""
        sentences = [text[one.start : one.end] for one in sentences_of(text)]
        self._kept.update(zip(sentences, self.embed(sentences), strict=True))

    def embed(self, texts: Sequence[str]) -> list[EmbeddedText]:
        new = [text for text in dict.fromkeys(texts) if text not in self._known and text not in self._kept]
        self._known.update(zip(new, super().embed(new), strict=True))
        found = []
        for text in texts:
            if text in self._kept:
                found.append(self._kept[text])
            else:
                self._known.move_to_end(text)
                found.append(self._known[text])
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return found


@pytest.fixture(scope="module")
def score(model_cache: Path, bank: Bank) -> Iterator[Score]:
    """The score of an answer. How it was delivered is left out: that takes long and is no part of a score."""
    embedder = _Remembering.load(model_cache)
    for source in _ELSEWHERE.values():
        embedder.keep(_paste(bank, source))
    grader = Grader(Reader(embedder))
    evaluations = Evaluations(load_rubrics(), FeedbackWriter(load_wording()), model="test", grader_version="test")

    def of(question: Question, answer: str) -> float | None:
        graded = grader.grade(
            question=question.text,
            points=question.points,
            reference=question.reference_answer,
            answer=answer,
            behavioral=question.domain in STORIES,
        )
        return evaluations.of(question, graded).score

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grading, "delivery_of", lambda _: Delivery(0, 0))
        yield of


def _cell(bank: Bank, cell: str) -> list[BankQuestion]:
    source, difficulty = str(Path(cell).parent), Path(cell).name
    return [one for one in bank.by_source[source] if one.question.difficulty == difficulty]


def _elsewhere(cell: str) -> str:
    """A part of the bank that is about something else."""
    return _ELSEWHERE["stories" if cell.startswith(("behavioral", "hr", "situational")) else "technical"]


def _references(bank: Bank, source: str) -> list[str]:
    return [one.question.reference_answer for one in bank.by_source[source]]


def _paste(bank: Bank, source: str) -> str:
    return " ".join(" ".join(_references(bank, source)).split())[:PASTE]


def _scores_high(score: Score, question: Question, *, brief: bool) -> bool:
    """Whether the reference answer does; `brief` first tries it without the points' other phrasings."""
    if brief:
        points = tuple(replace(point, phrasings=()) for point in question.points)
        if (score(replace(question, points=points), question.reference_answer) or 0.0) > HIGH:
            return True
    return (score(question, question.reference_answer) or 0.0) > HIGH


@pytest.mark.parametrize("cell", [cell for cell in CELLS if not cell.endswith("topics")])
def test_full_answers_score_high_and_attacks_gain_nothing(bank: Bank, score: Score, cell: str) -> None:
    """One test a cell, so that the points of a question are read once."""
    elsewhere = _references(bank, _elsewhere(cell))[:_WITHIN_PASTE]
    injections = payloads("answer")
    first = bank.questions.index(_cell(bank, cell)[0])
    wrong: dict[tuple[str, str], float | None] = {}
    denied: dict[str, float] = {}
    for place, entry in enumerate(_cell(bank, cell), start=first):
        question = entry.question
        payload = injections[place % len(injections)]
        bases: dict[str, float] = {}
        for attack in attacks_on(
            question,
            place=place,
            elsewhere=elsewhere[place % len(elsewhere)],
            payload=payload.text,
            low=LOW,
            gain=GAIN,
        ):
            if attack.base not in bases:
                bases[attack.base] = score(question, attack.base) or 0.0
            given = score(question, attack.answer) or 0.0
            if given > bases[attack.base] + attack.gain:
                wrong[question.key, f"{attack.name} ({payload.id})"] = given
        if place % 2:
            denied[question.key] = score(question, with_not(question.reference_answer)) or 0.0
        elif (given := score(question, with_false(question.reference_answer)) or 0.0) > CALLED_FALSE:
            wrong[question.key, "called false"] = given
        for one in (question, *entry.follow_ups):
            if not _scores_high(score, one, brief=one is not question):
                wrong[one.key, "reference"] = score(one, one.reference_answer)
            assert score(one, "") is None
            assert score(one, "I don't know.") is None
    if (given := score(_cell(bank, cell)[0].question, _paste(bank, _elsewhere(cell))) or 0.0) > LOW:
        wrong[cell, "paste"] = given
    assert wrong == {}
    assert sum(denied.values()) <= DENIED * len(denied)
