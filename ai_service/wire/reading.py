"""Requests read into domain values, every field held to its documented rule.

Every function takes the path of its message, such as `turns[2].question`, and raises `InvalidField`.
"""

from collections.abc import Sequence

from ai_service.errors import InvalidField
from ai_service.interviewing.interview import (
    Domain,
    ExpectedPoint,
    InterviewContext,
    Question,
    QuestionKind,
    QuestionSource,
    Speech,
    SpokenWord,
    SubmittedAnswer,
    Turn,
)
from ai_service.wire import names, rules
from ai_service.wire.reading_evaluation import read_evaluation
from protos.interview_engine.v1 import evaluation_pb2, question_pb2
from protos.interview_engine.v1 import interview_engine_pb2 as engine_pb2

_LONGEST_SPEECH_SECONDS = 24 * 3600.0
_MOST_SPOKEN_WORDS = 20_000


def read_context(message: question_pb2.InterviewContext, path: str = "context") -> InterviewContext:
    """The context of an interview."""
    short = rules.MOST_NAME_CHARACTERS
    years = None
    if message.HasField("years_experience"):
        years = rules.number(f"{path}.years_experience", message.years_experience, 0, 80)
    return InterviewContext(
        domain=rules.member(f"{path}.domain", message.domain, names.DOMAINS),
        difficulty=rules.member(f"{path}.difficulty", message.difficulty, names.DIFFICULTIES),
        question_limit=rules.whole(f"{path}.question_limit", message.question_limit, 1, 50),
        interview_id=rules.text(f"{path}.interview_id", message.interview_id, short),
        job_role=rules.text(f"{path}.job_role", message.job_role, short),
        job_description=rules.text(
            f"{path}.job_description", message.job_description, rules.MOST_DESCRIPTION_CHARACTERS
        ),
        focus_areas=rules.texts(f"{path}.focus_areas", message.focus_areas, 20),
        skills=rules.texts(f"{path}.skills", message.skills, 50),
        experience_level=rules.text(f"{path}.experience_level", message.experience_level, short),
        target_company=rules.text(f"{path}.target_company", message.target_company, short),
        years_experience=years,
        resume=rules.text(f"{path}.resume", message.resume, rules.MOST_RESUME_CHARACTERS),
    )


def read_submitted(request: engine_pb2.EvaluateAnswerRequest) -> SubmittedAnswer:
    """The answer that is to be graded, with its question whole."""
    if not request.HasField("question"):
        raise InvalidField("question", "is required")
    return SubmittedAnswer(
        question=_read_whole_question(request.question, "question"),
        answer=rules.text("answer", request.answer, rules.MOST_ANSWER_CHARACTERS),
        speech=_read_speech(request.speech, "speech") if request.HasField("speech") else None,
        extra_keywords=rules.texts("extra_keywords", request.extra_keywords, 50),
    )


def read_turns(
    messages: Sequence[question_pb2.Turn], path: str = "turns", *, context: InterviewContext, whole: bool = False
) -> tuple[Turn, ...]:
    """Turns of an interview.

    `whole` asks for all that a report reads: the evaluation, why it has no score, and the question's domain. A
    choice takes a missing domain for the interview's.
    """
    turns = []
    for index, message in enumerate(messages):
        place = f"{path}[{index}]"
        evaluation = None
        if not message.HasField("question"):
            raise InvalidField(f"{place}.question", "is required")
        if message.HasField("evaluation"):
            evaluation = read_evaluation(message.evaluation, f"{place}.evaluation", whole=whole)
        elif whole:
            raise InvalidField(f"{place}.evaluation", "is required in a report")
        answer = rules.text(f"{place}.answer", message.answer, rules.MOST_ANSWER_CHARACTERS)
        question = _read_question(message.question, f"{place}.question", None if whole else context.domain)
        turns.append(Turn(question, answer, evaluation))
    return tuple(turns)


def read_seen_keys(keys: Sequence[str], path: str = "seen_keys") -> tuple[str, ...]:
    """The keys of the questions that were asked."""
    for index, key in enumerate(keys):
        if not key or len(key) > rules.MOST_NAME_CHARACTERS:
            rules.required_text(f"{path}[{index}]", key, rules.MOST_NAME_CHARACTERS)
    return tuple(keys)


def read_seen_texts(texts: Sequence[str], path: str = "seen_texts") -> tuple[str, ...]:
    """The questions that a language model wrote in earlier interviews."""
    return rules.texts(path, texts, rules.MOST_SEEN_TEXTS, rules.MOST_SEEN_TEXT_CHARACTERS)


def _read_speech(message: evaluation_pb2.SpeechTiming, path: str) -> Speech:
    field = f"{path}.duration_seconds"
    seconds = rules.number(field, message.duration_seconds, 0, _LONGEST_SPEECH_SECONDS)
    if not seconds:
        raise InvalidField(field, "must be greater than 0; leave speech unset for a typed answer")
    if len(message.words) > _MOST_SPOKEN_WORDS:
        raise InvalidField(
            f"{path}.words", f"has {len(message.words)} entries; at most {_MOST_SPOKEN_WORDS} are allowed"
        )
    words = []
    for index, word in enumerate(message.words):
        place = f"{path}.words[{index}]"
        rules.number(f"{place}.start", word.start, 0, _LONGEST_SPEECH_SECONDS)
        rules.number(f"{place}.end", word.end, word.start, _LONGEST_SPEECH_SECONDS)
        words.append(
            SpokenWord(rules.text(f"{place}.text", word.text, rules.MOST_NAME_CHARACTERS), word.start, word.end)
        )
    return Speech(seconds, tuple(words))


def _read_whole_question(message: question_pb2.Question, path: str) -> Question:
    question = _read_question(message, path)
    rules.required_text(f"{path}.text", message.text)
    if not 1 <= len(message.points) <= 7:
        raise InvalidField(f"{path}.points", f"has {len(message.points)} entries; 1 to 7 are allowed")
    rules.whole(f"{path}.time_limit_seconds", message.time_limit_seconds, 30, 3600)
    rules.member(f"{path}.source", message.source, names.SOURCES)
    return question


def _read_question(message: question_pb2.Question, path: str, domain: Domain | None = None) -> Question:
    """A question with the fields that later steps read; what a past turn may leave out may be empty.

    `domain` stands in for a missing one.
    """
    kind = rules.member(f"{path}.kind", message.kind, names.KINDS)
    name = rules.MOST_NAME_CHARACTERS
    if domain is None or message.domain:
        domain = rules.member(f"{path}.domain", message.domain, names.DOMAINS)
    for field, value in (("parent_key", message.parent_key), ("probed_point_id", message.probed_point_id)):
        if kind is QuestionKind.FOLLOW_UP:
            rules.required_text(f"{path}.{field}", value, name)
        elif value:
            raise InvalidField(f"{path}.{field}", "must be empty for a main question")
    return Question(
        key=rules.required_text(f"{path}.key", message.key, name),
        text=rules.text(f"{path}.text", message.text, rules.MOST_TEXT_CHARACTERS),
        kind=kind,
        domain=domain,
        difficulty=rules.member(f"{path}.difficulty", message.difficulty, names.DIFFICULTIES),
        topic=rules.text(f"{path}.topic", message.topic, name),
        topic_title=rules.text(f"{path}.topic_title", message.topic_title, name),
        points=_read_points(message.points, f"{path}.points"),
        reference_answer=rules.text(f"{path}.reference_answer", message.reference_answer, rules.MOST_TEXT_CHARACTERS),
        time_limit_seconds=message.time_limit_seconds,
        source=names.SOURCES.get(message.source, QuestionSource.BANK),
        parent_key=message.parent_key,
        probed_point_id=message.probed_point_id,
    )


def _read_points(messages: Sequence[question_pb2.ExpectedPoint], path: str) -> tuple[ExpectedPoint, ...]:
    points: dict[str, ExpectedPoint] = {}
    for index, message in enumerate(messages):
        place = f"{path}[{index}]"
        identity = rules.required_text(f"{place}.id", message.id, rules.MOST_NAME_CHARACTERS)
        if identity in points:
            raise InvalidField(f"{place}.id", "is the id of another point of the question")
        points[identity] = ExpectedPoint(
            id=identity,
            text=rules.required_text(f"{place}.text", message.text),
            phrasings=rules.texts(f"{place}.phrasings", message.phrasings, 6, rules.MOST_TEXT_CHARACTERS),
            weight=rules.whole(f"{place}.weight", message.weight, 0, 3) or 1,
        )
    return tuple(points.values())
