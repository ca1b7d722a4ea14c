from pathlib import Path

import pytest
import yaml
from jsonschema import validate

from ai_service.grading import phrases
from ai_service.grading.phrases import find_phrases
from ai_service.grading.words import words_of

WORDS = {"type": "array", "items": {"type": "string", "pattern": "^[a-z']+$"}, "minItems": 1, "uniqueItems": True}
SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["phrase"],
        "properties": {
            "phrase": {"type": "string", "pattern": "^[a-z' ]+$"},
            "always": {"const": True},
            "set_off": {"const": True},
            **dict.fromkeys(("after", "before", "not_after", "not_before"), WORDS),
        },
        "oneOf": [
            {"required": ["always"]},
            {"required": ["set_off"]},
            {"anyOf": [{"required": ["after"]}, {"required": ["before"]}]},
        ],
    },
}


def _found(name: str, text: str) -> set[str]:
    return {phrase.phrase for phrase in find_phrases(name, text, words_of(text))}


@pytest.mark.parametrize("name", ["fillers.yaml", "hedges.yaml"])
def test_every_reading_says_when_it_counts(name: str) -> None:
    data = Path(phrases.__file__).parent / "data" / name
    validate(yaml.safe_load(data.read_text(encoding="utf-8")), SCHEMA)


@pytest.mark.parametrize(
    ("filler", "filling", "meant"),
    [
        ("like", "A semaphore, like, counts permits.", "It looks like a lock, and I like locks."),
        ("like", "A lookup is like really fast.", "A lookup is like a jump."),
        ("like", "It finishes in like two seconds.", "Users like two things about it."),
        ("like", "Like, it waits.", "Like-minded teams wait."),
        ("like", "It is, like, a pattern.", "We match with LIKE, and that is slow."),
        ("right", "The lock, right, is held.", "That is right, and the lock is held on the right side."),
        ("right", "So it waits, right?", "Visit left, right, then the root."),
        ("well", "Well, it depends.", "It scales well, and reads as well."),
        ("well", "Well - it depends.", "Well-known caches evict."),
        ("you know", "It is, you know, a lock.", "If you know the size, allocate once."),
        ("you know", "It puts the you know pointer there.", "Do you know what a lock is?"),
        ("you know", "You know, it waits.", "As you know, it waits."),
        ("i mean", "It waits, I mean, it blocks.", "What I mean is that it blocks."),
        ("you see", "You see, it waits.", "Here you see the lock."),
        ("okay", "Okay, a lock waits.", "Reading stale data is okay here."),
        ("actually", "It is, actually, a queue.", "Look at what actually happens."),
        ("literally", "It is literally just a list.", "The pattern is matched literally in the text."),
        ("honestly", "Honestly, it is slow.", "We spoke honestly about the fault."),
        ("so yeah", "So yeah, that is it.", "It blocks, so the others wait."),
        ("anyway", "Anyway, it waits.", "It was going to fail anyway because of the lock."),
        ("er", "The lock is, er, held.", "The ER of a shop comes first, as an er diagram."),
        ("um", "Um a lock.", "The um_count column sums."),
        ("and stuff", "It has locks and stuff.", "We pack and stuffing follows."),
    ],
)
def test_a_word_fills_only_where_grammar_has_no_other_place_for_it(filler: str, filling: str, meant: str) -> None:
    assert filler in _found("fillers.yaml", filling)
    assert _found("fillers.yaml", meant) == set()


@pytest.mark.parametrize(
    "text",
    [
        "It waits, so the others starve. So the queue grows.",
        "This kind of index is sorted, and some sort of tree holds it.",
        "Right after that, the right child is visited.",
    ],
)
def test_plain_talk_has_no_fillers(text: str) -> None:
    assert _found("fillers.yaml", text) == set()


@pytest.mark.parametrize(
    ("hedge", "hedging", "meant"),
    [
        ("kind of", "It is kind of slow.", "This kind of index is slow."),
        ("kind of", "It kind of blocks.", "What kind of lock is it, and is a special kind of lock better?"),
        ("sort of", "It is sort of a queue.", "A topological sort of the graph gives the order."),
        ("sort of", "It sort of works.", "We use a sort of the keys."),
        ("i think", "I think it waits.", "When I design, I think about failure."),
        ("i believe", "I believe it waits.", "I believe in small changes."),
        ("i guess", "I guess it waits.", "First I guess a pivot."),
        ("possibly", "It is possibly slow.", "It cannot possibly overflow."),
        ("or something", "It is a lock or something.", "When a node or something else fails, it waits."),
        ("i'm not sure", "I’m not sure it waits.", "The client is not sure that it was stored."),
    ],
)
def test_a_hedge_counts_only_where_it_takes_something_back(hedge: str, hedging: str, meant: str) -> None:
    assert hedge in _found("hedges.yaml", hedging)
    assert _found("hedges.yaml", meant) == set()


def test_the_longest_phrase_counts_alone() -> None:
    assert _found("fillers.yaml", "It has locks and stuff like that.") == {"and stuff like that"}


def test_places_are_code_points_behind_emoji_and_combining_characters() -> None:
    text = "👩‍💻 Cafe\u0301 🙂 — um, it is, you know, cached. Maybe."
    found = [*find_phrases("fillers.yaml", text, words_of(text)), *find_phrases("hedges.yaml", text, words_of(text))]
    assert {phrase.phrase for phrase in found} == {"um", "you know", "maybe"}
    for phrase in found:
        assert [text[start : start + len(phrase.phrase)].lower() for start in phrase.starts] == [phrase.phrase]
