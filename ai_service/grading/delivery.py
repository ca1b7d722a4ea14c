"""How an answer was said. Figures from 0 to 100 that stand beside a score and never enter it."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from ai_service.grading.alignment import rarity
from ai_service.grading.grade import Delivery, ExpectedPoint, FillerWord, GrammarIssue, LongSentence, Speech
from ai_service.grading.grammar import grammar_issues
from ai_service.grading.phrases import find_phrases
from ai_service.grading.repetition import repetitions_of
from ai_service.grading.segmentation import Sentence, Span, runs_of, sentences_of
from ai_service.grading.spoken_delivery import pace, spoken_delivery_of
from ai_service.grading.structure import order_of, story_of
from ai_service.grading.words import Word, content_stems, stem, words_of

# Words a minute between the means of British lectures and of conversation (S. Tauroza and D. Allison, "Speech rates
# in British English", Applied Linguistics 11, 1990: lectures 140, radio 160, interviews 190, conversation 210).
CONVERSATIONAL_PACE = (140.0, 210.0)

_KEYWORDS_A_POINT = 2
_DISFLUENT = 0.20  # fillers and repetitions a word at which nothing is left of fluency
_HEDGED = 0.10  # hedges a word at which nothing is left of confidence
_LONG_SENTENCE = 40  # words


@dataclass(frozen=True, slots=True)
class Said:
    """What is measured: the answer and its words, what was expected, and of a spoken one when it was said.

    `relevance` is the share of the answer that serves the question, None when that was not measured.
    """

    answer: str
    words: Sequence[Word]
    points: Sequence[ExpectedPoint]
    question: str
    behavioral: bool = False
    extra_keywords: Sequence[str] = ()
    speech: Speech | None = None
    relevance: float | None = None


def delivery_of(said: Said) -> Delivery:
    """Measure an answer; one without words has counts and keywords only.

    Every place is an offset into the answer in Unicode code points. Percentages run from 0 to 100, one decimal.

    word_count, sentence_count: words, and sentences, of which runs over 45 words make several.
    relevance: percent of the content words that lie in sentences that serve an expected point or the question.
    filler_words: words that fill a pause, by the readings of data/fillers.yaml (H. H. Clark and J. E. Fox Tree, "Using
        uh and um in spontaneous speaking", Cognition 84, 2002; D. Schiffrin, "Discourse Markers", 1987).
    hedges: words that take back how sure a statement is, by the readings of data/hedges.yaml (G. Lakoff, "Hedges: a
        study in meaning criteria and the logic of fuzzy concepts", 1973; K. Hyland, "Hedging in Scientific Research
        Articles", 1998).
    confidence: percent; 100 without, 0 at ten hedges a hundred words, linear. The ten are ours.
    repetitions: words and phrases said twice in a row, a kind of disfluency (H. Bortfeld et al., "Disfluency rates in
        conversation", Language and Speech 44, 2001), and phrases said three times or more, after the recurrent
        sequences of D. Biber et al., "Longman Grammar of Spoken and Written English", 1999. The limits are ours.
    fluency: percent; 100 without, 0 at twenty disfluencies a hundred words (fillers, words said twice in a row),
        linear; conversation has about six (Bortfeld et al.).
    mean_sentence_words, longest_sentence_words: words, from 1, between full stops; fifteen to twenty on average read
        easily (M. Cutts, "Oxford Guide to Plain English").
    long_sentences: runs of over 40 words without a full stop, which transcripts without punctuation are too.
    grammar_issues: what Harper, an offline checker, finds of agreement, word forms, usage and the like in the first
        4,000 code points (https://writewithharper.com).
    grammar: percent of the sentences without such an issue.
    keywords_found, keywords_missing: the key terms: of each point the two rarest words of its text, rarity being the
        inverse document frequency (K. Spärck Jones, "A statistical interpretation of term specificity", Journal of
        Documentation 28, 1972), and the caller's own.
    keyword_coverage: percent of the key terms that were said, in any inflection.
    structure_parts: opening, steps, reasons and conclusion, after the introduction, body and conclusion of S. E.
        Lucas, "The Art of Public Speaking"; of stories situation, task, action and result (STAR, Development
        Dimensions International), each with the first sentence that shows it.
    structure: percent of the four parts that were found.
    words_per_minute: words by the minutes of speech, pauses included, from 0, None below a second of it;
        `CONVERSATIONAL_PACE` is usual. Of the words that were said where their times are known, else of the answer's.
    spoken: pauses and times, of which `spoken_delivery_of` tells; None where the times of the words are not known.
    """
    found, missing = _keywords(said)
    count = len(said.words)
    if not count:
        return Delivery(0, 0, keywords_missing=missing)
    answer, words = said.answer, said.words
    sentences = sentences_of(answer)
    lengths = _lengths(runs_of(answer), words)
    fillers = find_phrases("fillers.yaml", answer, words)
    hedges = find_phrases("hedges.yaml", answer, words)
    repetitions = repetitions_of(answer, words)
    stumbles = sum(len(one.starts) for one in repetitions if one.in_a_row) + sum(len(one.starts) for one in fillers)
    issues = tuple(grammar_issues(answer))
    parts = story_of(answer, sentences) if said.behavioral else order_of(answer, sentences, _subject(said))
    filler_words = tuple(FillerWord(one.phrase, one.starts) for one in fillers)
    spoken = spoken_delivery_of(said.speech, words, filler_words)
    if spoken is not None:
        words_per_minute = pace(spoken.word_count, spoken.speech_seconds)
    else:
        words_per_minute = pace(count, said.speech.seconds) if said.speech else None
    return Delivery(
        word_count=count,
        sentence_count=len(sentences),
        relevance=None if said.relevance is None else _percent(said.relevance),
        grammar=_grammar(issues, sentences),
        fluency=_percent(1 - stumbles / count / _DISFLUENT),
        keyword_coverage=_percent(len(found) / (len(found) + len(missing))) if found or missing else None,
        structure=_percent(sum(part.quote is not None for part in parts) / len(parts)),
        confidence=_percent(1 - sum(len(one.starts) for one in hedges) / count / _HEDGED),
        words_per_minute=words_per_minute,
        mean_sentence_words=round(sum(one.words for one in lengths) / len(lengths), 1) if lengths else None,
        longest_sentence_words=max((one.words for one in lengths), default=None),
        filler_words=filler_words,
        hedges=hedges,
        repetitions=repetitions,
        long_sentences=tuple(one for one in lengths if one.words > _LONG_SENTENCE),
        grammar_issues=issues,
        structure_parts=parts,
        keywords_found=found,
        keywords_missing=missing,
        spoken=spoken,
    )


def _lengths(runs: Sequence[Span], words: Sequence[Word]) -> list[LongSentence]:
    """The runs that have words, with how many."""
    starts = [word.start for word in words]
    counted = (
        LongSentence(run.start, run.end, bisect_left(starts, run.end) - bisect_left(starts, run.start)) for run in runs
    )
    return [one for one in counted if one.words]


def _subject(said: Said) -> frozenset[str]:
    return content_stems([said.question, *(point.text for point in said.points)])


def _grammar(issues: Sequence[GrammarIssue], sentences: Sequence[Sentence]) -> float:
    flawed = sum(any(one.start <= issue.start < one.end for issue in issues) for one in sentences)
    return _percent(1 - flawed / len(sentences)) if sentences else 0.0


def _keywords(said: Said) -> tuple[tuple[str, ...], tuple[str, ...]]:
    asked = content_stems([said.question])
    terms: dict[str, str] = {}
    for point in said.points:
        words = {
            w.stem: w.form for w in words_of(point.text) if w.is_content and len(w.form) > 2 and w.stem not in asked
        }
        for rare in sorted(words, key=lambda key: (-rarity(key), key))[:_KEYWORDS_A_POINT]:
            terms.setdefault(rare, words[rare])
    spoken = [word.stem for word in said.words]
    stems = set(spoken)
    text = f" {' '.join(spoken)} "
    found = [form for key, form in terms.items() if key in stems]
    missing = [form for key, form in terms.items() if key not in stems]
    for keyword in dict.fromkeys(keyword.strip() for keyword in said.extra_keywords if keyword.strip()):
        phrase = " ".join(stem(word.form) for word in words_of(keyword))
        (found if phrase and f" {phrase} " in text else missing).append(keyword)
    return tuple(found), tuple(missing)


def _percent(share: float) -> float:
    return round(100 * min(max(share, 0.0), 1.0), 1)
