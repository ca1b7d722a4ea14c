"""The report of a finished interview: numbers from its evaluations, findings, next steps and a summary."""

from collections.abc import Sequence

from ai_service.interviewing.averages import (
    GradedTurn,
    comparable,
    criterion_summaries,
    graded_turns,
    overall_score,
    topic_summaries,
    weak_topics,
)
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.findings import gaps, strengths
from ai_service.interviewing.interview import (
    CriterionSummary,
    Difficulty,
    InterviewContext,
    NextStep,
    Provenance,
    QuestionKind,
    Report,
    Standing,
    TopicSummary,
    Turn,
)
from ai_service.interviewing.resources import load_shelf
from ai_service.interviewing.reviews import question_reviews
from ai_service.interviewing.roadmap import Roadmaps
from ai_service.interviewing.standing import load_standards
from ai_service.interviewing.wording import Wording

_WEAK_CRITERION = 50.0
# How far a criterion lies below the overall score before it is worth a sentence.
_NOTABLE = 5.0
_MOST_STUDY_STEPS = 4
_HARDER_FROM, _EASIER_BELOW = 80.0, 35.0
_REASONING = frozenset({"reasoning", "rationale", "specifics"})


class Reports:
    """Writes reports, by the shelf of resources and the standards that the service ships.

    `engine` names who writes the words. Raises `ResourceError` when one of their files cannot be used.
    """

    def __init__(self, bank: Bank, wording: Wording, *, engine: str) -> None:
        self._bank = bank
        self._wording = wording
        self._engine = engine
        self._shelf = load_shelf()
        self._standards = load_standards()
        self._roadmaps = Roadmaps(bank, wording, self._shelf, self._standards)

    def of(self, context: InterviewContext, turns: Sequence[Turn]) -> Report:
        """The report of an interview's turns, oldest first; turns without an evaluation count for nothing."""
        graded = graded_turns(turns)
        averaged = comparable(graded)
        scored = [turn for turn in graded if turn.score is not None]
        topics = topic_summaries(graded, averaged)
        criteria = criterion_summaries(averaged)
        overall = overall_score(averaged)
        passed = [turn for turn in graded if turn.passed]
        standing = self._standards.standing(averaged, passed)
        return Report(
            overall_score=overall,
            assessed_answers=len(scored),
            not_assessable_answers=len(graded) - len(scored),
            criteria=criteria,
            topics=topics,
            strengths=strengths(graded, self._wording),
            gaps=gaps(graded, self._wording),
            next_steps=self._next_steps(context, graded, topics, criteria, overall),
            summary=self._summary(context, graded, averaged, topics, criteria, standing),
            provenance=self._provenance(averaged or graded),
            standing=standing,
            roadmap=self._roadmaps.of(context, graded, topics, standing),
            resources=self._shelf.recommended(topics, context.domain),
            question_reviews=question_reviews(graded, self._wording),
        )

    def _next_steps(
        self,
        context: InterviewContext,
        graded: Sequence[GradedTurn],
        topics: Sequence[TopicSummary],
        criteria: Sequence[CriterionSummary],
        overall: float | None,
    ) -> tuple[NextStep, ...]:
        seed = context.interview_id
        weak = topics if overall is None else weak_topics(topics)
        steps = [NextStep(self._study(topic, seed), topic.topic) for topic in weak[:_MOST_STUDY_STEPS]]
        if overall is None:
            return (NextStep(self._wording.say("report_first", seed)), *steps)
        lowest = _lowest(criteria)
        if lowest is not None and (lowest.score or 0.0) < min(_WEAK_CRITERION, overall - _NOTABLE):
            name = "reasoning" if lowest.id in _REASONING else lowest.id
            if self._wording.knows(f"report_{name}"):
                steps.append(
                    NextStep(self._wording.say(f"report_{name}", seed, title=lowest.title, score=lowest.score))
                )
        level = _next_level(graded, overall, context.difficulty)
        if level is not None:
            steps.append(NextStep(self._wording.say(level[0], seed, difficulty=level[1].value)))
        else:
            steps.append(NextStep(self._wording.say("report_again", seed)))
        return tuple(steps)

    def _study(self, topic: TopicSummary, seed: str) -> str:
        known = self._bank.topic.get((topic.domain, topic.topic))
        name = "report_study" if known else "report_study_unknown"
        if topic.score is None:
            name += "_passed" if topic.missed_points else "_unread"
        return self._wording.say(
            name,
            seed,
            topic=topic.title or "General",
            score=topic.score,
            study=" ".join(known.study.split()) if known else "",
        )

    def _summary(
        self,
        context: InterviewContext,
        graded: Sequence[GradedTurn],
        averaged: Sequence[GradedTurn],
        topics: Sequence[TopicSummary],
        criteria: Sequence[CriterionSummary],
        standing: Standing | None,
    ) -> str:
        seed = context.interview_id
        say = self._wording.say
        scored = sum(turn.score is not None for turn in graded)
        overall = overall_score(averaged)
        if not graded:
            return say("summary_empty", seed)
        if overall is None or standing is None:
            return say("summary_unscored", seed, asked=len(graded))
        sentences = [say("summary_scored", seed, assessed=scored, asked=len(graded), score=overall)]
        if scored < len(graded):
            sentences.append(say("summary_passed", seed, count=_answers(len(graded) - scored)))
        if len(averaged) < scored:
            sentences.append(say("summary_left_out", seed, count=_answers(scored - len(averaged))))
        sentences.extend(self._on_standing(seed, standing, averaged, graded))
        rated = [topic for topic in topics if topic.score is not None]
        worst, best = rated[0], rated[-1]
        if worst.score == best.score:
            sentences.append(say("summary_best", seed, topic=best.title, score=best.score))
        else:
            sentences.append(
                say(
                    "summary_best_and_worst",
                    seed,
                    best=best.title,
                    best_score=best.score,
                    worst=worst.title,
                    worst_score=worst.score,
                )
            )
        lowest = _lowest(criteria)
        if lowest is not None and (lowest.score or 0.0) <= overall - _NOTABLE:
            sentences.append(say("summary_criteria", seed, worst=lowest.title, worst_score=lowest.score))
        return " ".join(sentences)

    def _on_standing(
        self, seed: str, standing: Standing, averaged: Sequence[GradedTurn], graded: Sequence[GradedTurn]
    ) -> list[str]:
        level = self._wording.say(f"readiness.{standing.readiness_level.value}", seed)
        sentences = [
            self._wording.say(
                "summary_standing",
                seed,
                grade=standing.letter_grade,
                readiness=standing.readiness_score,
                level=level,
            )
        ]
        evidence = self._standards.evidence(averaged, [turn for turn in graded if turn.passed])
        if min(evidence.answers, evidence.topics) < 1:
            topics = len({(turn.question.domain, turn.question.topic) for turn in averaged})
            sentences.append(
                self._wording.say(
                    "summary_thin",
                    seed,
                    answers=_answers(len(averaged)).lower(),
                    topics="one topic" if topics == 1 else f"{topics} topics",
                )
            )
        return sentences

    def _provenance(self, graded: Sequence[GradedTurn]) -> Provenance:
        if not graded:
            return Provenance(self._engine, "", "", "", "", "")
        last = graded[-1].evaluation.provenance
        return Provenance(self._engine, last.model, "", last.rubric_version, "", last.grader_version, last.calibration)


def _lowest(criteria: Sequence[CriterionSummary]) -> CriterionSummary | None:
    scored = [criterion for criterion in criteria if criterion.score is not None]
    return min(scored, key=lambda criterion: criterion.score or 0.0, default=None)


def _next_level(graded: Sequence[GradedTurn], overall: float, chosen: Difficulty) -> tuple[str, Difficulty] | None:
    """Which wording and which difficulty to advise, from the difficulty that was really asked; None to stay."""
    mains = [turn.question.difficulty.rank for turn in graded if turn.question.kind is QuestionKind.MAIN]
    asked = round(sum(mains) / len(mains)) if mains else chosen.rank
    if overall >= _HARDER_FROM and asked < Difficulty.EXPERT.rank:
        return "report_harder", Difficulty.of_rank(asked + 1)
    if overall < _EASIER_BELOW and asked > Difficulty.EASY.rank:
        return "report_easier", Difficulty.of_rank(asked - 1)
    return None


def _answers(count: int) -> str:
    return "One answer" if count == 1 else f"{count} answers"
