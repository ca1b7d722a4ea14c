import pytest

from ai_service.grading.assessability import assessability_of
from ai_service.grading.grade import Assessability
from ai_service.grading.words import words_of


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("", Assessability.EMPTY),
        (" \n\t ", Assessability.EMPTY),
        ("... ?! --", Assessability.EMPTY),
        ("I don't know", Assessability.DECLINED),
        ("Um, I really don’t know, sorry.", Assessability.DECLINED),
        ("idk", Assessability.DECLINED),
        ("Skip.", Assessability.DECLINED),
        ("pass", Assessability.DECLINED),
        ("No idea, can we skip this one please?", Assessability.DECLINED),
        ("asdfgh qwerty zxcvbn sdfg", Assessability.UNINTELLIGIBLE),
        ("aaaaaaaaaa bbbbbbbbbb", Assessability.UNINTELLIGIBLE),
        ("xkcdqwrt plmnbvcx zrtpsdfk", Assessability.UNINTELLIGIBLE),
        ("Ein Prozess hat einen eigenen Adressraum und die Threads sind in dem Prozess.", Assessability.LANGUAGE),
        ("Un processus est un programme qui s'exécute avec une mémoire pour lui et les threads sont dans le processus.",
         Assessability.LANGUAGE),
        ("进程拥有自己的地址空间，线程共享内存。", Assessability.LANGUAGE),
        ("Процесс имеет собственное адресное пространство.", Assessability.LANGUAGE),
    ],
)  # fmt: skip
def test_what_has_no_score_is_told_apart(answer: str, expected: Assessability) -> None:
    assert assessability_of(answer, words_of(answer)) is expected


@pytest.mark.parametrize(
    "answer",
    [
        "LIFO",
        "O(n log n)",
        "443",
        "Θ(n²) in the worst case",
        "I don't know the exact name, but you keep two heaps and balance them.",
        "You can skip every second element and pass the rest on.",
        "No idea is wasted when the cache passes misses to the loader.",
        "HTTP, TCP, DNS und TLS",
        "grep | awk | xargs -n1 sh -c",
        "Null pass-through: none of the nodes is empty.",
    ],
)
def test_doubt_is_graded(answer: str) -> None:
    assert assessability_of(answer, words_of(answer)) is Assessability.ASSESSABLE
