import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from ai_service.engines import load_batch_engine, load_services
from ai_service.errors import ResourceError
from ai_service.grading.calibration import Calibration
from ai_service.interviewing.builtin import BuiltinEngine
from ai_service.interviewing.interview import Domain, SubmittedAnswer, Turn
from ai_service.interviewing.llm_engine.engine import LlmEngine
from ai_service.interviewing.workers import Workers
from ai_service.settings import EngineSettings
from tests.ai_service.interviewing.llm_engine.playing import ANSWER, CHOICE, QUESTION, grading
from tests.ai_service.interviews import context
from tests.fakes.openai_server import ScriptedOpenAI, completion

ROOT = Path(__file__).resolve().parents[2]


def test_the_builtin_engine_needs_no_sdk() -> None:
    code = "import sys, ai_service.main; assert not {'openai', 'httpx2'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)


def test_the_settings_name_the_engine(model_cache: Path) -> None:
    workers = Workers(threads=1, bound=1)
    builtin = EngineSettings(ai_cache=model_cache, engine="builtin")
    assert isinstance(load_services(builtin, workers, CollectorRegistry()).engine, BuiltinEngine)
    address = EngineSettings(
        ai_cache=model_cache, engine="auto", openai_base_url="http://127.0.0.1:9/v1", llm_model="m"
    )
    assert isinstance(load_services(address, workers, CollectorRegistry()).engine, LlmEngine)
    workers.close()


async def test_samples_and_metrics_are_those_of_the_settings(model_cache: Path) -> None:
    registry = CollectorRegistry()
    workers = Workers(threads=1, bound=1)
    async with ScriptedOpenAI.start() as endpoint:
        settings = EngineSettings(
            ai_cache=model_cache,
            openai_base_url=endpoint.base_url,
            llm_model="scripted",
            llm_samples=3,
            llm_price_input=1.0,
            llm_price_output=2.0,
        )
        endpoint.answer = lambda _: completion(grading(2), usage=(1000, 500))
        engine = load_services(settings, workers, registry).engine
        evaluation = await engine.evaluate(context(Domain.DSA), SubmittedAnswer(QUESTION, ANSWER))
    workers.close()
    assert (evaluation.score, evaluation.samples, len(endpoint.requests)) == (50.0, 3, 3)
    labels = {"task": "evaluation"}
    assert registry.get_sample_value("ai_model_cost_total", labels) == pytest.approx(3 * 0.002)
    assert registry.get_sample_value("ai_model_tokens_total", {**labels, "direction": "output"}) == 1500


async def test_a_calibration_of_the_settings_is_applied_to_the_score_and_named(
    model_cache: Path, tmp_path: Path
) -> None:
    curve = tmp_path / "curve.json"
    Calibration("our-course", 0.5, 120).save(curve)
    workers = Workers(threads=1, bound=1)
    submitted = SubmittedAnswer(QUESTION, CHOICE)
    settings = EngineSettings(ai_cache=model_cache, engine="builtin")
    plain = await load_services(settings, workers, CollectorRegistry()).engine.evaluate(context(), submitted)
    with_curve = settings.model_copy(update={"ai_calibration": curve})
    engine = load_services(with_curve, workers, CollectorRegistry()).engine
    calibrated = await engine.evaluate(context(), submitted)
    declined = await engine.evaluate(context(), SubmittedAnswer(QUESTION, "I don't know."))
    report = await engine.report(context(), [Turn(QUESTION, CHOICE, calibrated)])
    asked = await engine.next_question(context(), [], [])
    workers.close()
    assert plain.score is not None
    assert 5 < plain.score < 95
    assert calibrated.score == pytest.approx(100 * (plain.score / 100) ** 0.5, abs=0.06)
    assert (calibrated.raw_score, calibrated.provenance.calibration) == (plain.score, "our-course")
    assert (plain.raw_score, plain.provenance.calibration) == (None, "")
    assert (declined.score, declined.provenance.calibration) == (None, "our-course")
    assert (report.overall_score, report.provenance.calibration) == (calibrated.score, "our-course")
    assert asked.question.domain is Domain.DSA


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (None, "No such file"),
        ("no JSON", "Invalid JSON"),
        ('{"version": 2, "name": "x", "exponent": 1, "answers": 1}', "version: "),
        ('{"version": 1, "name": "x", "exponent": 99, "answers": 1}', "exponent: "),
    ],
)
def test_a_calibration_that_cannot_be_used_refuses_to_start(
    model_cache: Path, tmp_path: Path, content: str | None, named: str
) -> None:
    curve = tmp_path / "curve.json"
    if content is not None:
        curve.write_text(content)
    settings = EngineSettings(ai_cache=model_cache, engine="builtin", ai_calibration=curve)
    workers = Workers(threads=1, bound=1)
    with pytest.raises(ResourceError, match="AI_CALIBRATION: the calibration file") as caught:
        load_services(settings, workers, CollectorRegistry())
    workers.close()
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_batch_with_a_language_model_needs_an_endpoint(model_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    settings = EngineSettings(ai_cache=model_cache)
    assert isinstance(load_batch_engine(settings, "builtin"), BuiltinEngine)
    with pytest.raises(ResourceError, match="OPENAI_API_KEY"):
        load_batch_engine(settings, "openai")
