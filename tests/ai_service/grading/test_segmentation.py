from hypothesis import given
from hypothesis import strategies as st

from ai_service.grading.segmentation import sentences_of


def _sentences(text: str) -> list[str]:
    return [text[sentence.start : sentence.end] for sentence in sentences_of(text)]


def test_full_stops_lines_and_semicolons_end_sentences() -> None:
    assert _sentences("One is here. Two follows!  Three?\nFour; five") == [
        "One is here.", "Two follows!", "Three?", "Four;", "five",
    ]  # fmt: skip


def test_abbreviations_numbers_and_names_do_not() -> None:
    for text in ("Use a map, e.g. a dict, in Node.js 3.5 or so.", "It is O(n log n), i.e. fine, vs. O(n).", "1. first"):
        assert len(_sentences(text)) == 1


def test_bullets_are_left_out_of_sentences() -> None:
    assert _sentences("- one thing\n* another\n2) the last") == ["one thing", "another", "the last"]


def test_speech_without_full_stops_is_cut_at_its_joints() -> None:
    speech = " ".join(
        ["so the cache holds the hot keys and then", "because reads are frequent we keep them close,"] * 12
    )
    parts = _sentences(speech)
    assert len(parts) > 2
    assert all(len(part.split()) <= 45 for part in parts)
    assert " ".join(parts) == speech


def test_clauses_begin_at_joints() -> None:
    text = "Threads share the heap, whereas every process has its own memory."
    clauses = [text[clause.start : clause.end] for clause in sentences_of(text)[0].clauses]
    assert clauses == ["Threads share the heap,", "whereas every process has its own memory."]


@given(st.text(alphabet=st.sampled_from("ab .,;:!?\n-–\t1)é🙂"), max_size=300))
def test_spans_are_ordered_apart_and_miss_no_word(text: str) -> None:
    sentences = sentences_of(text)
    ends = [0]
    for sentence in sentences:
        assert ends[-1] <= sentence.start < sentence.end
        ends.append(sentence.end)
        assert text[sentence.start : sentence.end].strip() == text[sentence.start : sentence.end]
        for clause in sentence.clauses:
            assert sentence.start <= clause.start < clause.end <= sentence.end
    covered = "".join(text[sentence.start : sentence.end] for sentence in sentences)
    assert [c for c in covered if c in "abé🙂"] == [c for c in text if c in "abé🙂"]
