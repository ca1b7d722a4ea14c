"""Answers that deny what they are made of, sentence by sentence, by fixed rules of English grammar."""

import re

from ai_service.grading.segmentation import sentences_of

_AUXILIARY = re.compile(
    r"\b(?:is|are|was|were|am|can|could|will|would|shall|should|may|might|must|has|have|had|does|do|did)\b(?! not\b)",
    re.IGNORECASE,
)
_AFTER_PRONOUN = re.compile(r"\b(?:I|you|we|they|he|she|it|that|this|which|who) (?=[a-z])")
_INFLECTED = re.compile(r"\b(?=[a-z]{3,}(?:s|ed)\b)")


def with_not(text: str) -> str:
    """A "not" in every sentence: after its first auxiliary, else before its first verb, as far as that can be told."""
    return " ".join(_denied(sentence) for sentence in _sentences(text))


def with_false(text: str) -> str:
    """ "It is false that" before every sentence."""
    return " ".join(f"It is false that {sentence[0].lower()}{sentence[1:]}" for sentence in _sentences(text))


def _sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentences_of(text)]


def _denied(sentence: str) -> str:
    if (auxiliary := _AUXILIARY.search(sentence)) is not None:
        return f"{sentence[: auxiliary.end()]} not{sentence[auxiliary.end() :]}"
    if (pronoun := _AFTER_PRONOUN.search(sentence)) is not None:
        return f"{sentence[: pronoun.end()]}do not {sentence[pronoun.end() :]}"
    if (verb := _INFLECTED.search(sentence)) is not None:
        return f"{sentence[: verb.start()]}does not {sentence[verb.start() :]}"
    return f"Not {sentence[0].lower()}{sentence[1:]}"
