"""What a resume or a job description asks for changes no score and is never said back by the built-in engine."""

from collections.abc import Iterator
from dataclasses import asdict, replace

import pytest

from ai_service.grading.grade import PointStatus
from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.builtin import BuiltinEngine
from ai_service.interviewing.interview import Domain, InterviewContext, SubmittedAnswer
from ai_service.interviewing.workers import Workers
from tests.ai_service.injections import payloads
from tests.ai_service.interviews import context, turn


@pytest.fixture
def engine(grader: Grader, bank: Bank) -> Iterator[BuiltinEngine]:
    workers = Workers(threads=1, bound=4)
    yield BuiltinEngine(grader, workers, bank)
    workers.close()


def _poisoned(domain: Domain) -> list[InterviewContext]:
    """A context for every payload, in the field where it makes sense."""
    return [
        *(replace(context(domain), resume=payload.text) for payload in payloads("resume")),
        *(replace(context(domain), job_description=payload.text) for payload in payloads("job_description")),
    ]


async def test_no_score_changes(engine: BuiltinEngine, bank: Bank) -> None:
    question = bank.by_domain[Domain.DSA][0].question
    submitted = SubmittedAnswer(question, question.points[0].text)
    clean = await engine.evaluate(context(), submitted)
    for poisoned in (_poisoned(Domain.DSA)[0], _poisoned(Domain.DSA)[-1]):
        assert await engine.evaluate(poisoned, submitted) == clean


@pytest.mark.parametrize("domain", [Domain.DSA, Domain.ROLE])
async def test_questions_stay_the_banks_own(engine: BuiltinEngine, bank: Bank, domain: Domain) -> None:
    own = {entry.question.text for entry in bank.questions}
    for poisoned in _poisoned(domain):
        chosen = await engine.next_question(poisoned, (), ())
        assert chosen.question.text in own
        assert poisoned.resume + poisoned.job_description not in chosen.rationale


async def test_reports_stay_the_same(engine: BuiltinEngine, bank: Bank) -> None:
    first, second = (entry.question for entry in bank.by_domain[Domain.DSA][:2])
    turns = (turn(first, 40.0, statuses={first.points[0].id: PointStatus.MISSED}), turn(second, 80.0))
    clean = await engine.report(context(), turns)
    for poisoned in _poisoned(Domain.DSA):
        assert asdict(await engine.report(poisoned, turns)) == asdict(clean)
