"""The coach that needs no language model."""

from ai_service.coaching.coaching import AnswerToCoach, CoachingFeedback, PracticeQuestion, PracticeWish
from ai_service.coaching.practice import Practice
from ai_service.coaching.reading import Prepared, Reading, unread
from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.builtin import MODEL
from ai_service.interviewing.composition import load_composition
from ai_service.interviewing.evaluation import ENGINE
from ai_service.interviewing.interview import Provenance
from ai_service.interviewing.workers import Workers

# Raised whenever the same answer may get other verdicts.
COACH_VERSION = "1.0"


class BuiltinCoach:
    """A `Coach` by cues, deeds and likeness to prototypes; works in the workers."""

    def __init__(self, grader: Grader, workers: Workers, bank: Bank) -> None:
        """Raises `ResourceError` when a data file cannot be used."""
        self._workers = workers
        self._reading = Reading(grader.reader)
        self._practice = Practice(grader.reader, bank, load_composition())

    async def analyze(self, wanted: AnswerToCoach) -> CoachingFeedback:
        """As `Coach.analyze`."""
        return await self._workers.run(lambda: self._analyze(wanted))

    async def practice_question(self, wish: PracticeWish) -> PracticeQuestion:
        """As `Coach.practice_question`."""
        return await self._workers.run(lambda: self._practice.choose(wish))

    def _analyze(self, wanted: AnswerToCoach) -> CoachingFeedback:
        prepared = self._reading.prepare(wanted)
        if prepared.unreadable is not None:
            return unread(prepared, prepared.unreadable, _provenance(prepared))
        return self._reading.read(prepared, _provenance(prepared))


def _provenance(prepared: Prepared) -> Provenance:
    framework = prepared.framework
    return Provenance(ENGINE, MODEL, framework.framework.value, framework.version, "", COACH_VERSION)
