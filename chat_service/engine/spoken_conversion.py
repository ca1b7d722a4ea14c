"""Between the engine's messages of speech times and the chat service's own classes."""

from chat_service.engine.models import SpokenTiming, SpokenWord
from chat_service.engine.spoken_delivery import Pause, SpokenDelivery, TimedFiller
from protos.interview_engine.v1 import evaluation_pb2 as grades
from protos.interview_engine.v1 import speech_pb2 as speech

# What the engine takes. More words than these are no answer that anybody gave.
_MOST_WORDS = 20_000
_MOST_CHARACTERS = 200


def timing_message(spoken: SpokenTiming) -> grades.SpeechTiming | None:
    """The message of a spoken answer's times; None where nothing can be told from them."""
    if spoken.duration_seconds <= 0:
        return None
    return grades.SpeechTiming(
        duration_seconds=spoken.duration_seconds,
        words=[_word_message(word) for word in spoken.words[:_MOST_WORDS]],
    )


def _word_message(word: SpokenWord) -> speech.SpokenWord:
    # An answer that the engine refused for a recognizer's odd times would wait for its grade for ever.
    start = max(word.start, 0.0)
    return speech.SpokenWord(
        text=word.text[:_MOST_CHARACTERS], start=start, end=max(word.end, start), confidence=word.confidence
    )


def spoken_message(spoken: SpokenDelivery) -> grades.SpokenDelivery:
    """The message of a delivery's times."""
    return grades.SpokenDelivery(
        speech_seconds=spoken.speech_seconds,
        word_count=spoken.word_count,
        timed_word_count=spoken.timed_word_count,
        articulation_rate=spoken.articulation_rate,
        pause_count=spoken.pause_count,
        long_pause_count=spoken.long_pause_count,
        pause_seconds=spoken.pause_seconds,
        longest_pause_seconds=spoken.longest_pause_seconds,
        pauses=[
            grades.Pause(at=one.at, seconds=one.seconds, after=one.after, before=one.before, start=one.start)
            for one in spoken.pauses
        ],
        fillers=[
            grades.TimedFiller(word=one.word, start=one.start, at=one.at, seconds=one.seconds) for one in spoken.fillers
        ],
    )


def spoken_of(message: grades.SpokenDelivery) -> SpokenDelivery:
    """A delivery's times of a message."""
    return SpokenDelivery(
        speech_seconds=message.speech_seconds,
        word_count=message.word_count,
        timed_word_count=message.timed_word_count,
        articulation_rate=message.articulation_rate if message.HasField("articulation_rate") else None,
        pause_count=message.pause_count,
        long_pause_count=message.long_pause_count,
        pause_seconds=message.pause_seconds,
        longest_pause_seconds=message.longest_pause_seconds,
        pauses=tuple(
            Pause(one.at, one.seconds, one.after, one.before, one.start if one.HasField("start") else None)
            for one in message.pauses
        ),
        fillers=tuple(TimedFiller(one.word, one.start, one.at, one.seconds) for one in message.fillers),
    )
