"""The delivery of an answer on its way from the engine, through the database, and back to the engine."""

from chat_service.engine.conversion import evaluation, evaluation_message
from chat_service.engine.models import EVALUATION, FoundPhrase, GrammarIssue
from protos.interview_engine.v1 import evaluation_pb2 as grades


def _message() -> grades.Evaluation:
    return grades.Evaluation(
        status=grades.EVALUATION_STATUS_SCORED,
        score=50.0,
        delivery=grades.Delivery(
            word_count=48,
            sentence_count=2,
            words_per_minute=150.0,
            mean_sentence_words=24.0,
            longest_sentence_words=45,
            filler_words=[grades.FillerWord(word="um", starts=[0, 9])],
            hedges=[grades.FoundPhrase(phrase="i think", starts=[4])],
            repetitions=[
                grades.Repetition(phrase="the", starts=[7], in_a_row=True),
                grades.Repetition(phrase="the shared cache", starts=[1, 20, 40]),
            ],
            long_sentences=[grades.LongSentence(start=3, end=240, words=45)],
            grammar_issues=[
                grades.GrammarIssue(start=1, end=3, message="Wrong.", suggestion=""),
                grades.GrammarIssue(start=5, end=8, message="Wrong too."),
            ],
            structure_parts=[
                grades.StructurePart(name="opening", quote=grades.Quote(text="Hi.", start=0, end=3)),
                grades.StructurePart(name="conclusion"),
            ],
            spoken=grades.SpokenDelivery(
                speech_seconds=19.2,
                word_count=47,
                timed_word_count=40,
                articulation_rate=180.5,
                pause_count=2,
                long_pause_count=1,
                pause_seconds=1.75,
                longest_pause_seconds=1.5,
                pauses=[
                    grades.Pause(at=0.5, seconds=0.25, after="Um,", before="it", start=0),
                    grades.Pause(at=4.0, seconds=1.5, after="is", before="so."),
                ],
                fillers=[grades.TimedFiller(word="um", start=9, at=3.5, seconds=0.25)],
            ),
        ),
        provenance=grades.Provenance(engine="builtin", rubric_version="1.0"),
        samples=1,
    )


def test_a_delivery_survives_being_stored_and_goes_back_to_the_engine() -> None:
    read = evaluation(_message())
    stored = EVALUATION.validate_python(EVALUATION.dump_python(read, mode="json"), strict=False)
    assert stored == read
    assert evaluation_message(stored) == _message()


def test_the_reply_tells_counts_and_places_and_what_is_missing() -> None:
    delivery = evaluation(_message()).delivery
    assert delivery.hedges == (FoundPhrase("i think", 1, (4,)),)
    assert [(one.count, one.in_a_row) for one in delivery.repetitions] == [(1, True), (3, False)]
    assert delivery.grammar_issues == (GrammarIssue(1, 3, "Wrong.", ""), GrammarIssue(5, 8, "Wrong too.", None))
    assert [part.quote and part.quote.quote for part in delivery.structure_parts] == ["Hi.", None]
    assert delivery.spoken is not None
    assert [pause.start for pause in delivery.spoken.pauses] == [0, None]


def test_a_delivery_that_was_stored_before_it_had_places_still_reads() -> None:
    stored = EVALUATION.dump_python(evaluation(_message()), mode="json")
    for name in ("hedges", "repetitions", "mean_sentence_words", "longest_sentence_words", "long_sentences"):
        del stored["delivery"][name]
    del stored["delivery"]["grammar_issues"], stored["delivery"]["structure_parts"], stored["delivery"]["spoken"]
    read = EVALUATION.validate_python(stored, strict=False).delivery
    assert (read.hedges, read.mean_sentence_words, read.structure_parts, read.spoken) == ((), None, (), None)
