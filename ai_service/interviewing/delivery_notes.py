"""What stands out in how an answer was said."""

from ai_service.grading.delivery import CONVERSATIONAL_PACE
from ai_service.grading.grade import Delivery
from ai_service.interviewing.wording import Wording

# An interview leaves time to think: only a pace well below the usual one is worth a remark.
_SLOW_PACE, _FAST_PACE = 0.75 * CONVERSATIONAL_PACE[0], CONVERSATIONAL_PACE[1]
_FILLER_COUNT, _FILLER_SHARE = 4, 0.03
# Hedging is worth a remark where this much of the freedom from it is gone, in more than a sentence or two.
_HEDGED_BELOW, _HEDGED_WORDS = 50.0, 30
# Pauses take 40 to 50 percent of the time in interviews (F. Goldman-Eisler, "Psycholinguistics", 1968, chapter 1); what
# is beyond, in more than a sentence or two, is worth a remark.
_SILENT_SHARE, _SILENT_WORDS = 0.5, 30


def delivery_notes(delivery: Delivery, wording: Wording, seed: str) -> tuple[str, ...]:
    """Remarks on fillers, pace, pauses and hedging; none where nothing stands out or nothing was measured."""
    notes = []
    most = max(delivery.filler_words, key=lambda filler: len(filler.starts), default=None)
    if most is not None:
        count = len(most.starts)
        if count >= _FILLER_COUNT and count >= _FILLER_SHARE * delivery.word_count:
            notes.append(wording.say("fillers", seed, word=most.word, count=count))
    pace = delivery.words_per_minute
    if pace is not None and pace > _FAST_PACE:
        notes.append(wording.say("pace_fast", seed, pace=round(pace)))
    elif pace is not None and pace < _SLOW_PACE:
        notes.append(wording.say("pace_slow", seed, pace=round(pace)))
    spoken = delivery.spoken
    if spoken is not None and spoken.word_count > _SILENT_WORDS:
        silent = spoken.pause_seconds / spoken.speech_seconds if spoken.speech_seconds else 0.0
        if silent > _SILENT_SHARE:
            longest = round(spoken.longest_pause_seconds, 1)
            notes.append(wording.say("pauses", seed, share=round(100 * silent), longest=longest))
    certainty = delivery.confidence
    if certainty is not None and certainty < _HEDGED_BELOW and delivery.word_count > _HEDGED_WORDS:
        notes.append(wording.say("hedged", seed))
    return tuple(notes)
