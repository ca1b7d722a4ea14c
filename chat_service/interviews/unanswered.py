"""The report of an interview without a graded answer. It needs no engine, so that such an interview can always end."""

from collections.abc import Mapping, Sequence

from chat_service.engine.models import Domain, Question
from chat_service.engine.report import NextStep, Report, Roadmap, TopicSummary

_NOTHING_GRADED = "No question was answered, so there is nothing to report on."
_ANSWER_FIRST = "Answer every question of the next interview, however roughly: a partial answer shows more than none."
_ALOUD = "{topic}: take the question that you had on it and answer it aloud in three full sentences."
_SHORT = "Take a short interview of three questions in this field, and read what a full answer says after each one."
_READ = "{topic}: read up on it until you can explain it without notes, then take a question on it again."
_WEEKLY = "Take an interview a week and work on the topics that its report calls weak."
_MOST_TOPICS = 3


def unanswered_report(asked: Sequence[Question]) -> Report:
    """The report on questions that were asked, oldest first, and got no graded answer: no numbers, but what to do."""
    titles = {(one.domain, one.topic): one.topic_title or one.topic for one in asked}
    first = NextStep(_ANSWER_FIRST, None)
    aloud = tuple(_steps(_ALOUD, titles))
    return Report(
        overall_score=None,
        assessed_answers=0,
        not_assessable_answers=0,
        criteria=(),
        topics=tuple(TopicSummary(topic, title, None, 0, (), domain) for (domain, topic), title in titles.items()),
        strengths=(),
        gaps=(),
        next_steps=(first, *aloud),
        summary=_NOTHING_GRADED,
        roadmap=Roadmap(
            immediate=(first, *aloud),
            short_term=(*_steps(_READ, titles), NextStep(_SHORT, None)),
            long_term=(NextStep(_WEEKLY, None),),
        ),
    )


def _steps(wording: str, titles: Mapping[tuple[Domain, str], str]) -> list[NextStep]:
    topics = list(titles.items())[:_MOST_TOPICS]
    return [NextStep(wording.format(topic=title), topic) for (_, topic), title in topics]
