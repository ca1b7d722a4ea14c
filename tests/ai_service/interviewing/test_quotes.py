import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_service.interviewing.quotes import QuotedText, says_something

ANSWER = "Well, I’d use a “hash  map” — it’s O(1)\non average; the ﬁle cafe\u0301 starts at ½ past – zero\u200bwidth."


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("I’d use a “hash  map”", "I’d use a “hash  map”"),
        ("i'd use a \"hash map\" - it's o(1) on average", "I’d use a “hash  map” — it’s O(1)\non average"),
        ("the file café", "the ﬁle cafe\u0301"),
        ("THE FILE CAFE\u0301 STARTS", "the ﬁle cafe\u0301 starts"),
        ("  it's O(1)\n\n on average.  ", "it’s O(1)\non average"),
        ('"it\'s O(1) on average..."', "it’s O(1)\non average"),
        ("zerowidth", "zero\u200bwidth"),
        ("O(1)", "O(1)"),
    ],
)
def test_a_quote_is_found_to_the_letter(quote: str, found: str) -> None:
    quoted = QuotedText(ANSWER).find(quote)
    assert quoted is not None
    assert quoted.text == found
    assert ANSWER[quoted.start : quoted.end] == found


@pytest.mark.parametrize(
    "quote", ["", "  ", "...", "art", "verage; the", "hash table", "it's O(2)", "cafe starts", "I'd ... map"]
)
def test_what_does_not_stand_there_is_not_found(quote: str) -> None:
    assert QuotedText(ANSWER).find(quote) is None


def test_a_later_occurrence_between_words_is_taken() -> None:
    quoted = QuotedText("A heapsort is no heap.").find("heap")
    assert quoted is not None
    assert quoted.start == 17


# Without marks by themselves, whose order a normal form may change.
_WRITTEN = st.characters(categories=["L", "Nd", "Nl", "Zs", "Pd", "Pi", "Pf", "Po"])


@given(st.text(_WRITTEN, min_size=1, max_size=60), st.data())
def test_any_run_of_words_is_found_in_any_form(text: str, data: st.DataObject) -> None:
    answer = f"before {text} after"
    forms = [unicodedata.normalize(form, answer) for form in ("NFC", "NFD", "NFKC", "NFKD")]
    quoted = QuotedText(answer).find(data.draw(st.sampled_from(forms)))
    assert quoted is not None
    assert (quoted.start, quoted.end) == (0, len(answer))


@given(st.text(max_size=80), st.text(max_size=20))
def test_offsets_always_name_the_text(answer: str, quote: str) -> None:
    quoted = QuotedText(answer).find(quote)
    if quoted is not None:
        assert answer[quoted.start : quoted.end] == quoted.text


@pytest.mark.parametrize(
    ("quote", "says"), [("it is", False), ("and so on", False), ("hash", True), ("O(1)", True), ("- - -", False)]
)
def test_a_quote_has_to_say_something(quote: str, says: bool) -> None:
    assert says_something(quote) is says
