"""Reading answers by a framework without a model, and what every reader needs: guards, delivery, words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ai_service.coaching.analysis import Analysis, FoundElement, quotes_of
from ai_service.coaching.coaching import (
    AnswerToCoach,
    CoachingFeedback,
    ElementReading,
    ElementStatus,
    NotCoachableReason,
)
from ai_service.coaching.frameworks import Facet, FrameworkText, chosen_for, load_frameworks, read_data
from ai_service.coaching.likeness import Likeness
from ai_service.grading.assessability import assessability_of
from ai_service.grading.delivery import Said, delivery_of
from ai_service.grading.grade import Assessability, Delivery
from ai_service.grading.guards import INJECTION, KEYWORD_LIST, PARROTED, guard
from ai_service.grading.reading import Reader, ReadSentence, ReadText
from ai_service.grading.words import words_of
from ai_service.interviewing.interview import Provenance

_LEAST_GAIN = 0.5
_MOST_IMPROVEMENTS = 6


@dataclass(frozen=True, slots=True)
class Prepared:
    """An answer with its framework, its delivery, and what may be read of it: `gains` from 0 to 1 by sentence.

    `unreadable` says why nothing may be.
    """

    wanted: AnswerToCoach
    framework: FrameworkText
    reason: str
    question: ReadSentence
    read: ReadText
    gains: Sequence[float]
    guards: tuple[str, ...]
    delivery: Delivery
    unreadable: NotCoachableReason | None


class Reading:
    """Prepares answers and reads them. Blocks, and is thread-safe."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._analysis = Analysis(Likeness(reader))
        self._frameworks = load_frameworks()
        load_wording()

    def prepare(self, wanted: AnswerToCoach) -> Prepared:
        """What a reader needs of an answer."""
        answer = wanted.answer.encode("utf-8", "replace").decode()
        choice = chosen_for(wanted.question)
        framework = self._frameworks[wanted.framework or choice.framework]
        words = words_of(answer)
        delivery = delivery_of(Said(answer, words, (), "", framework.facets.kind == "story"))
        question = self._reader.read_known([wanted.question])[0]
        read = self._reader.read(answer)
        state = assessability_of(answer, words)
        guarded = guard(read, question)
        unreadable = None
        if state is not Assessability.ASSESSABLE:
            unreadable = NotCoachableReason(state.value)
        elif not any(gain >= _LEAST_GAIN for gain in guarded.gains):
            named = (one for one in (INJECTION, PARROTED, KEYWORD_LIST) if one in guarded.names)
            unreadable = NotCoachableReason(next(named, KEYWORD_LIST))
        return Prepared(
            wanted,
            framework,
            "" if wanted.framework else choice.reason,
            question,
            read,
            tuple(float(gain) for gain in guarded.gains),
            guarded.names,
            delivery,
            unreadable,
        )

    def read(self, prepared: Prepared, provenance: Provenance) -> CoachingFeedback:
        """The reading of an answer by the sentences that show each element."""
        found = self._analysis.of(prepared.framework, prepared.question, prepared.read, prepared.gains)
        facets = prepared.framework.facets.facets
        elements = tuple(
            ElementReading(
                one.element.id,
                one.element.title,
                one.status,
                quotes_of(prepared.read, one.sentences),
                _comment(one, facets),
                tuple(facets[name].question for name in one.lacking),
            )
            for one in found
        )
        improvements = [facets[name].improvement for one in found for name in one.lacking]
        return feedback_of(prepared, elements, overall_of(prepared.framework, elements), improvements, provenance)


def feedback_of(
    prepared: Prepared,
    elements: tuple[ElementReading, ...],
    overall: str,
    improvements: Sequence[str],
    provenance: Provenance,
) -> CoachingFeedback:
    """The feedback with these readings."""
    first = (load_wording()["injection_left_out"],) if INJECTION in prepared.guards else ()
    return CoachingFeedback(
        prepared.framework.framework,
        prepared.framework.title,
        prepared.reason,
        None,
        elements,
        overall,
        (*first, *dict.fromkeys(improvements))[:_MOST_IMPROVEMENTS],
        prepared.delivery,
        provenance,
    )


def unread(prepared: Prepared, reason: NotCoachableReason, provenance: Provenance) -> CoachingFeedback:
    """The feedback on an answer without verdicts."""
    framework = prepared.framework
    asks = framework.elements[0].asks
    return CoachingFeedback(
        framework.framework,
        framework.title,
        prepared.reason,
        reason,
        tuple(ElementReading(one.id, one.title, None, (), "", ()) for one in framework.elements),
        str(load_wording()["not_coachable"][reason.value]).format(asks=asks),
        (),
        prepared.delivery,
        provenance,
    )


def overall_of(framework: FrameworkText, elements: Sequence[ElementReading]) -> str:
    """The whole in a sentence, by the verdicts."""
    by_status = {
        status: _listed([one.title.lower() for one in elements if one.status is status]) for status in ElementStatus
    }
    well, partially, missing = (by_status[status] for status in ElementStatus)
    name = {
        (True, False, False): "overall_all",
        (True, True, False): "overall_most",
        (True, False, True): "overall_gap",
        (True, True, True): "overall_both",
        (False, True, False): "overall_thin",
        (False, True, True): "overall_thin_gap",
    }.get((bool(well), bool(partially), bool(missing)), "overall_none")
    title = framework.framework.value.upper()
    return str(load_wording()[name]).format(framework=title, well=well, partially=partially, missing=missing)


@lru_cache(maxsize=1)
def load_wording() -> Mapping[str, Mapping[str, str]]:
    """The sentences of coaching. Raises `ResourceError`."""
    wording: Mapping[str, Mapping[str, str]] = read_data("wording.yaml")
    return wording


def _comment(one: FoundElement, facets: Mapping[str, Facet]) -> str:
    said = str(load_wording()[one.status.value])
    found = _listed([facets[name].found for name in one.found])
    found = found[:1].upper() + found[1:]
    lacking = _listed([facets[name].lacking for name in one.lacking])
    return said.format(found=found, lacking=lacking, asks=one.element.asks)


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""
