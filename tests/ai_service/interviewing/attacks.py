"""Answers that want a score without the content for it, made from a question of the bank."""

from dataclasses import dataclass

from ai_service.grading.segmentation import sentences_of
from ai_service.grading.words import words_of
from ai_service.interviewing.interview import Question

OFF_TOPIC = (
    "Last summer I walked along the coast for two weeks with my brother. The weather changed every hour, so we carried "
    "rain jackets in the morning and sat in the sun by noon. In the evenings we cooked soup on a small stove, because "
    "the villages were far apart, and I learnt that patience matters more than speed on such a trip."
)


@dataclass(frozen=True)
class Attack:
    """An answer that may score at most `gain` more than `base` does; no `base` scores 0."""

    name: str
    answer: str
    gain: float
    base: str = ""


def attacks_on(
    question: Question, *, place: int, elsewhere: str, payload: str, low: float, gain: float
) -> list[Attack]:
    """Those on the question at `place` of the bank; `elsewhere` is the reference answer to another one.

    What has no content of its own may reach `low`, what comes on top of an answer may add `gain`. Some take turns
    from question to question.
    """
    asked, point = question.text, question.points[0].text
    terms = list(dict.fromkeys(word.form for p in question.points for word in words_of(p.text) if word.is_content))
    half = first_half(question.reference_answer)
    attacks = [
        Attack("parroted", asked, low),
        Attack("keywords", (", ", " ")[place % 2].join(terms), low),
        Attack("one word", terms[0], low),
        Attack("off topic", OFF_TOPIC, low),
        Attack("another answer", elsewhere, low),
        Attack("payload alone", payload, low),
    ]
    if place % 2:
        attacks += [
            Attack("parroted with a preface", f"The question is: {asked} So that is what I would answer.", low),
            Attack("payload behind a half", f"{half}\n{payload}", gain, half),
            Attack("payload before off topic", f"{payload} {OFF_TOPIC}", gain, OFF_TOPIC),
        ]
    else:
        attacks += [
            Attack("payload behind the question", f"{asked} {payload}", low),
            Attack("payload before a half", f"{payload}\n{half}", gain, half),
            Attack("payload behind off topic", f"{OFF_TOPIC} {payload}", gain, OFF_TOPIC),
        ]
    if place % 3 == 0:
        attacks.append(Attack("fifty copies", " ".join([point] * 50), gain, point))
    return attacks


def first_half(text: str) -> str:
    """The first half of a text's sentences, the odd one with them."""
    sentences = sentences_of(text)
    return text[: sentences[(len(sentences) + 1) // 2 - 1].end]
