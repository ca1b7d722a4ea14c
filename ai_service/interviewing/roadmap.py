"""The roadmap of a report: what to do within days, within weeks and within months."""

from collections.abc import Sequence

from ai_service.grading.grade import PointStatus
from ai_service.interviewing.averages import GradedTurn, weak_topics
from ai_service.interviewing.bank import Bank, Topic
from ai_service.interviewing.feedback import whole_point
from ai_service.interviewing.findings import costs
from ai_service.interviewing.interview import (
    Domain,
    InterviewContext,
    NextStep,
    ReadinessLevel,
    Roadmap,
    Standing,
    TopicSummary,
)
from ai_service.interviewing.resources import Resource, Shelf
from ai_service.interviewing.standing import Standards
from ai_service.interviewing.wording import Wording

# Domains whose points are said of oneself.
_FIRST_PERSON = frozenset({Domain.BEHAVIORAL, Domain.SITUATIONAL, Domain.HR})
_MOST_IMMEDIATE = 3
_MOST_SHORT_TERM = 3
_MOST_TO_RETURN_TO = 2
_MOST_TO_WIDEN = 2


class Roadmaps:
    """Draws roadmaps."""

    def __init__(self, bank: Bank, wording: Wording, shelf: Shelf, standards: Standards) -> None:
        self._topics = bank.topics
        self._parts = [
            frozenset((entry.question.domain, entry.question.topic) for entry in entries)
            for entries in bank.by_source.values()
        ]
        self._wording = wording
        self._shelf = shelf
        self._target = round(standards.start(ReadinessLevel.READY))

    def of(
        self,
        context: InterviewContext,
        graded: Sequence[GradedTurn],
        topics: Sequence[TopicSummary],
        standing: Standing | None,
    ) -> Roadmap:
        """The roadmap after an interview with these turns, topics (weakest first) and standing.

        Without a standing it begins with answering at all, on the topics that were asked; when none was asked, its
        breadth is that of the interview's domain.
        """
        weak = weak_topics(topics) if standing else topics
        return Roadmap(
            immediate=self._immediate(context, graded, topics, standing),
            short_term=self._short_term(context, weak),
            long_term=self._long_term(context, graded, weak, standing),
        )

    def _immediate(
        self,
        context: InterviewContext,
        graded: Sequence[GradedTurn],
        topics: Sequence[TopicSummary],
        standing: Standing | None,
    ) -> tuple[NextStep, ...]:
        """The costliest point of each topic that has one, what was said wrongly before what was not said."""
        say = self._wording.say
        ranked = sorted(costs(graded), key=lambda one: (one[2].status is not PointStatus.CONTRADICTED, -one[0]))
        steps: dict[tuple[str, str], NextStep] = {}
        for _, turn, point in ranked:
            question = turn.question
            if (question.domain, question.topic) not in steps and len(steps) < _MOST_IMMEDIATE:
                name = "roadmap_rehearse" if question.domain in _FIRST_PERSON else "roadmap_explain"
                if point.status is PointStatus.CONTRADICTED:
                    name = "roadmap_correct"
                title = question.topic_title or question.topic or "General"
                text = say(name, question.key, len(steps), topic=title, point=whole_point(point.text))
                steps[question.domain, question.topic] = NextStep(text, question.topic)
        if standing is None:
            for topic in topics:
                if (topic.domain, topic.topic) not in steps and len(steps) < _MOST_IMMEDIATE:
                    text = say("roadmap_answer", context.interview_id, topic=topic.title or "General")
                    steps[topic.domain, topic.topic] = NextStep(text, topic.topic)
            return (NextStep(say("report_first", context.interview_id)), *steps.values())
        if not steps:
            best = [topic for topic in topics if topic.score is not None][-1]
            return (NextStep(say("roadmap_fresh", context.interview_id, topic=best.title), best.topic),)
        return tuple(steps.values())

    def _short_term(self, context: InterviewContext, weak: Sequence[TopicSummary]) -> tuple[NextStep, ...]:
        """Each weak topic with its source; a general step where none is weak."""
        if not weak:
            return (NextStep(self._wording.say("roadmap_practise", context.interview_id)),)
        steps = []
        for topic in weak[:_MOST_SHORT_TERM]:
            sources = self._shelf.for_topic(topic.domain, topic.topic)
            text = self._wording.say(
                "roadmap_source" if sources else "roadmap_study",
                context.interview_id,
                topic=topic.title or "General",
                source=self._named(sources[0]) if sources else "",
                target=self._target,
            )
            steps.append(NextStep(text, topic.topic))
        return tuple(steps)

    def _long_term(
        self,
        context: InterviewContext,
        graded: Sequence[GradedTurn],
        weak: Sequence[TopicSummary],
        standing: Standing | None,
    ) -> tuple[NextStep, ...]:
        """Depth: the weak topics again. Breadth: topics of the same parts of the bank that did not come up."""
        seed = context.interview_id
        say = self._wording.say
        difficulty = context.difficulty.value
        steps = [
            NextStep(say("roadmap_return", seed, topic=topic.title or "General", difficulty=difficulty), topic.topic)
            for topic in weak[:_MOST_TO_RETURN_TO]
        ]
        steps.extend(
            NextStep(say("roadmap_widen", seed, topic=topic.title, study=" ".join(topic.study.split())), topic.id)
            for topic in self._not_asked(context, graded)[:_MOST_TO_WIDEN]
        )
        if standing is None:
            steps.append(NextStep(say("roadmap_weekly", seed)))
        else:
            name = "roadmap_stay_ready" if standing.readiness_level is ReadinessLevel.READY else "roadmap_until_ready"
            steps.append(NextStep(say(name, seed, target=self._target, readiness=standing.readiness_score)))
        return tuple(steps)

    def _named(self, resource: Resource) -> str:
        name = "resource_by" if resource.authors else "resource"
        return self._wording.say(name, resource.title, title=resource.title, authors=resource.authors)

    def _not_asked(self, context: InterviewContext, graded: Sequence[GradedTurn]) -> Sequence[Topic]:
        """The other topics of the parts of the bank that the turns' topics belong to, the interview's domain first."""
        asked = {(turn.question.domain, turn.question.topic) for turn in graded}
        near = {topic for part in self._parts if part & asked for topic in part}
        near = near or {(topic.domain, topic.id) for topic in self._topics if topic.domain is context.domain}
        left = [topic for topic in self._topics if (topic.domain, topic.id) in near - asked]
        return sorted(left, key=lambda topic: topic.domain is not context.domain)
