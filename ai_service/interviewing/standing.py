"""Where the answers put a candidate: the letter of the score, and the readiness for real interviews that they show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from ai_service.errors import ResourceError
from ai_service.interviewing.averages import GradedTurn, overall_score, turn_weight
from ai_service.interviewing.interview import Difficulty, Domain, ReadinessLevel, Standing

STANDING_FILE = Path(__file__).parent / "standing.yaml"


@dataclass(frozen=True, slots=True)
class Evidence:
    """How much a readiness rests on, each from 0 (nothing) to 1 (enough)."""

    answers: float
    topics: float


@dataclass(frozen=True, slots=True)
class Standards:
    """The scale of letters and the figures of readiness, as `standing.yaml` says them; scales are best first."""

    letters: tuple[tuple[float, str], ...]
    levels: tuple[tuple[float, ReadinessLevel], ...]
    difficulty: Mapping[Difficulty, float]
    enough_answers: float
    enough_topics: int
    few_answers: float
    few_topics: float

    def standing(self, averaged: Sequence[GradedTurn], passed: Sequence[GradedTurn] = ()) -> Standing | None:
        """The standing that the scored turns `averaged` amount to; None without any.

        `passed` are the turns that the candidate declined or left empty.
        """
        overall = overall_score(averaged)
        if overall is None:
            return None
        score = self.readiness(averaged, passed)
        level = next(level for start, level in self.levels if score >= start)
        return Standing(self.letter(overall), score, level)

    def letter(self, score: float) -> str:
        """The letter of a score (0 to 100)."""
        return next(letter for start, letter in self.letters if score >= start)

    def readiness(self, averaged: Sequence[GradedTurn], passed: Sequence[GradedTurn] = ()) -> float:
        """The readiness (0 to 100, one decimal) that at least one scored turn shows:

            shown     = mean of min(100, score * credit of the difficulty), in which a follow-up counts half
            readiness = shown * (1 - few_answers * (1 - a) - few_topics * (1 - t))

        with `a` and `t` from 0 to 1 as `evidence` says. The score alone says how good the answers were. Readiness says
        what they show of the next interview, so three things bear on it that the score leaves out. A good answer to a
        hard question shows more than one to an easy question: the credit of the difficulty. A few answers may be luck,
        and one topic is not a field: both take a share off, and more answers on more topics give it back. What was
        not asked or not answered is thus not counted as known, and never counted as a wrong answer either: the shares
        are bounded, so that one excellent answer still shows something. Nothing but the recorded evaluations goes
        into it.
        """
        weights = [turn_weight(turn) for turn in averaged]
        shares = (min(100.0, (turn.score or 0.0) * self.difficulty[turn.question.difficulty]) for turn in averaged)
        shown = sum(weight * share for weight, share in zip(weights, shares, strict=True)) / sum(weights)
        evidence = self.evidence(averaged, passed)
        open_share = self.few_answers * (1 - evidence.answers) + self.few_topics * (1 - evidence.topics)
        return round(shown * (1 - open_share), 1)

    def evidence(self, averaged: Sequence[GradedTurn], passed: Sequence[GradedTurn] = ()) -> Evidence:
        """How much there is to go by: the answers (a follow-up is half of one) and their different topics.

        Each is a share of what is enough, or of what was asked where that is more: who passes on half of the
        questions has shown half of what they ask.
        """
        answered = sum(map(turn_weight, averaged))
        asked = answered + sum(map(turn_weight, passed))
        topics = _topics(averaged)
        asked_topics = topics | _topics(passed)
        return Evidence(
            answered / max(self.enough_answers, asked), len(topics) / max(self.enough_topics, len(asked_topics))
        )

    def start(self, level: ReadinessLevel) -> float:
        """The readiness score from which a level is reached."""
        return next(start for start, known in self.levels if known is level)


def _topics(turns: Sequence[GradedTurn]) -> set[tuple[Domain, str]]:
    return {(turn.question.domain, turn.question.topic) for turn in turns}


@lru_cache(maxsize=1)
def load_standards(path: Path = STANDING_FILE) -> Standards:
    """Read the file. Raises `ResourceError` when it is not as `standing.schema.json` says."""
    try:
        data: dict[str, Any] = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
        readiness = data["readiness"]
        standards = Standards(
            letters=tuple((float(record["from"]), record["letter"]) for record in data["letters"]),
            levels=tuple((float(record["from"]), ReadinessLevel(record["level"])) for record in readiness["levels"]),
            difficulty={one: float(readiness["difficulty"][one.value]) for one in Difficulty},
            enough_answers=float(readiness["enough_answers"]),
            enough_topics=int(readiness["enough_topics"]),
            few_answers=float(readiness["few_answers"]),
            few_topics=float(readiness["few_topics"]),
        )
        for scale in (standards.letters, standards.levels):
            starts = [start for start, _ in scale]
            if starts != sorted(set(starts), reverse=True) or starts[-1] != 0:
                raise ValueError("a scale must fall and end at 0")
        if {level for _, level in standards.levels} != set(ReadinessLevel):
            raise ValueError("every level of readiness must have a start")
    except (OSError, yaml.YAMLError, KeyError, IndexError, TypeError, ValueError) as error:
        raise ResourceError(f"{path} cannot be read: {error!r}") from error
    return standards
