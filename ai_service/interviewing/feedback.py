"""What a candidate is told about one answer: what was good, what to do better, and a few sentences on the whole."""

from collections.abc import Sequence
from dataclasses import dataclass

from ai_service.grading.grade import GradedAnswer, PointMatch, PointStatus
from ai_service.interviewing.delivery_notes import delivery_notes
from ai_service.interviewing.interview import NotAssessableReason, Question
from ai_service.interviewing.wording import Wording, shortened

_MOST_STRENGTHS = 3
_MOST_IMPROVEMENTS = 4
_BANDS = ((85.0, "excellent"), (65.0, "good"), (45.0, "middling"), (25.0, "weak"), (0.0, "poor"))
# Below this a story is better told anew than mended.
_STORY_BELOW = 45.0
# Signals are bounded by what was covered; these are shares of that.
_STRONG_SHARE, _WEAK_SHARE = 0.9, 0.6


@dataclass(frozen=True, slots=True)
class Feedback:
    """Texts to the candidate; lists are most important first."""

    strengths: tuple[str, ...]
    improvements: tuple[str, ...]
    text: str


class FeedbackWriter:
    """Composes feedback from what the grader found; says nothing that the grade does not show."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording

    def on_scored(self, question: Question, graded: GradedAnswer, *, score: float, told_as_story: bool) -> Feedback:
        """Feedback on an answer with a score."""
        seed = f"{question.key}\0{graded.delivery.word_count}"
        covered = sorted(
            (match for match in graded.points if match.status is PointStatus.COVERED),
            key=lambda match: -match.point.weight * match.credit,
        )
        gaps = _costliest_first(graded.points)
        return Feedback(
            strengths=self._strengths(seed, covered, graded),
            improvements=self._improvements(seed, gaps, graded, told_as_story=told_as_story),
            text=self._text(seed, graded.points, gaps, score, told_as_story=told_as_story),
        )

    def on_not_assessable(self, question: Question, reason: NotAssessableReason) -> Feedback:
        """Feedback on an answer without a score. One that was passed names a first point to learn."""
        sentences = [self._wording.say(f"not_assessable.{reason.value}", question.key)]
        improvements: tuple[str, ...] = ()
        if reason.is_pass and question.points:
            crux = max(question.points, key=lambda point: point.weight)
            hint = self._wording.say("passed_hint", question.key, point=whole_point(crux.text))
            sentences.append(hint)
            improvements = (hint,)
        return Feedback((), improvements, " ".join(sentences))

    def _strengths(self, seed: str, covered: Sequence[PointMatch], graded: GradedAnswer) -> tuple[str, ...]:
        say = self._wording.say
        strengths = [
            say("point_covered", seed, turn, point=whole_point(match.point.text))
            for turn, match in enumerate(covered[:_MOST_STRENGTHS])
        ]
        if covered:
            if _share(graded, "reasoning") >= _STRONG_SHARE:
                strengths.append(say("strong_reasoning", seed))
            if _share(graded, "focus") >= _STRONG_SHARE and len(covered) > 1:
                strengths.append(say("strong_focus", seed))
        return tuple(strengths)

    def _improvements(
        self, seed: str, gaps: Sequence[PointMatch], graded: GradedAnswer, *, told_as_story: bool
    ) -> tuple[str, ...]:
        say = self._wording.say
        improvements = [
            say(f"guards.{guard}", seed) for guard in graded.guards if self._wording.knows(f"guards.{guard}")
        ]
        improvements.extend(
            say(
                f"point_{match.status.value if match.quote else PointStatus.MISSED.value}",
                seed,
                turn,
                point=whole_point(match.point.text),
                quote=shortened(match.quote.text) if match.quote else "",
            )
            for turn, match in enumerate(gaps[:_MOST_IMPROVEMENTS])
        )
        said_something = any(match.credit > 0 for match in graded.points)
        if said_something:
            if _share(graded, "reasoning") < _WEAK_SHARE:
                improvements.append(say("weak_specifics" if told_as_story else "weak_reasoning", seed))
            if _share(graded, "focus") < _WEAK_SHARE:
                improvements.append(say("weak_focus", seed))
        improvements.extend(delivery_notes(graded.delivery, self._wording, seed))
        return tuple(improvements)

    def _text(
        self,
        seed: str,
        points: Sequence[PointMatch],
        gaps: Sequence[PointMatch],
        score: float,
        *,
        told_as_story: bool,
    ) -> str:
        say = self._wording.say
        band = next(name for lowest, name in _BANDS if score >= lowest)
        if not gaps and band != "excellent":
            band = "thin"
        elif band == "poor" and any(match.status is PointStatus.COVERED for match in points):
            band = "weak"
        sentences = [say(f"opening_{band}", seed, counts=_counts(points))]
        if gaps:
            first = gaps[0]
            sentences.append(say(f"next_{first.status.value}", seed, point=whole_point(first.point.text)))
        if band != "excellent" or not gaps:
            closing = "story" if told_as_story and score < _STORY_BELOW else band.replace("poor", "weak")
            sentences.append(say(f"closing_{closing}", seed))
        return " ".join(sentences)


def _share(graded: GradedAnswer, signal: str) -> float:
    """A signal as a share of what was covered, 0 to 1."""
    coverage = graded.signals["coverage"].value
    return graded.signals[signal].value / coverage if coverage else 0.0


def whole_point(text: str) -> str:
    """A point for use inside quotation marks: one line, with its full stop."""
    line = " ".join(text.split())
    return line if line.endswith((".", "!", "?")) else line + "."


def _costliest_first(points: Sequence[PointMatch]) -> list[PointMatch]:
    gaps = [match for match in points if match.status is not PointStatus.COVERED]
    return sorted(
        gaps,
        key=lambda match: (
            match.status is not PointStatus.CONTRADICTED,
            -match.point.weight * (1 - match.credit),
        ),
    )


def _counts(points: Sequence[PointMatch]) -> str:
    number = {status: sum(match.status is status for match in points) for status in PointStatus}
    parts = [f"{number[PointStatus.COVERED]} of {len(points)} expected points said in full"]
    if number[PointStatus.PARTIAL]:
        parts.append(f"{number[PointStatus.PARTIAL]} in part")
    if number[PointStatus.CONTRADICTED]:
        parts.append(f"{number[PointStatus.CONTRADICTED]} contradicted")
    return ", ".join(parts)
