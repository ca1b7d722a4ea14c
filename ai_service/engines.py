"""The choice of the engine, and what it is made of."""

from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry

from ai_service.coaching.builtin import BuiltinCoach
from ai_service.coaching.coaching import Coach
from ai_service.coaching.llm_coach import LlmCoach
from ai_service.errors import ResourceError
from ai_service.grading.calibration import Calibration, CalibrationError
from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import Bank, load_bank
from ai_service.interviewing.builtin import BuiltinEngine, load_grader
from ai_service.interviewing.calibrated import CalibratedEngine
from ai_service.interviewing.engine import Engine
from ai_service.interviewing.llm_engine.engine import LlmEngine
from ai_service.interviewing.workers import Workers
from ai_service.llm.asking import Asking, Limits
from ai_service.llm.budget import Allowance, Prices
from ai_service.llm.metrics import ModelMetrics
from ai_service.resume.model import ModelParser
from ai_service.resume.reading import Resumes
from ai_service.settings import EngineSettings


@dataclass(frozen=True, slots=True)
class Services:
    """What the server serves."""

    engine: Engine
    resumes: Resumes
    coach: Coach


@dataclass(frozen=True, slots=True)
class _LanguageModel:
    """What asks the model, and what one task of a candidate's, an interview, a resume or a reading, may cost."""

    asking: Asking
    allowance: Allowance


def load_services(settings: EngineSettings, workers: Workers, registry: CollectorRegistry) -> Services:
    """What the settings name, with its metrics in `registry`; blocks while models and data files load.

    Its calls have to come from one event loop. Raises `ResourceError` when a model or a data file cannot be used.
    """
    calibration = None
    if settings.ai_calibration is not None:
        try:
            calibration = Calibration.load(settings.ai_calibration)
        except CalibrationError as error:
            raise ResourceError(f"AI_CALIBRATION: {error}") from None
    grader, bank = load_grader(settings.ai_cache), load_bank()
    if settings.engine_name == "builtin":
        engine = _calibrated(BuiltinEngine(grader, workers, bank), calibration)
        return Services(engine, Resumes(workers), BuiltinCoach(grader, workers, bank))
    model = _language_model(settings, registry)
    engine = _with_language_model(settings, model, grader, bank, workers)
    coach = LlmCoach(model.asking, grader, workers, bank, allowance=model.allowance)
    return Services(engine, Resumes(workers, ModelParser(model.asking, model.allowance)), coach)


def load_batch_engine(
    settings: EngineSettings, name: Literal["builtin", "openai"], calibration: Calibration | None = None
) -> Engine:
    """The engine `name` for one process that grades answers one after the other, as that of `load_services`.

    Its scores are those of `calibration`, whatever the settings say.
    """
    grader, bank = load_grader(settings.ai_cache), load_bank()
    workers = Workers(threads=1, bound=settings.ai_concurrency)
    if name == "builtin":
        return _calibrated(BuiltinEngine(grader, workers, bank), calibration)
    if settings.openai_api_key is None and settings.openai_base_url is None:
        raise ResourceError("the openai engine needs OPENAI_API_KEY, or OPENAI_BASE_URL of an endpoint without keys")
    model = _language_model(settings, CollectorRegistry())
    return _calibrated(_with_language_model(settings, model, grader, bank, workers), calibration)


def _calibrated(engine: Engine, calibration: Calibration | None) -> Engine:
    return engine if calibration is None else CalibratedEngine(engine, calibration)


def _language_model(settings: EngineSettings, registry: CollectorRegistry) -> _LanguageModel:
    # Here, because the SDK takes longer to import than all the rest of the service.
    from ai_service.llm.openai import OPENAI_MODEL, OpenAIModel

    at_once = settings.ai_concurrency * settings.llm_samples
    key = settings.openai_api_key
    model = OpenAIModel(
        model=settings.llm_model or OPENAI_MODEL,
        api_key=key.get_secret_value() if key else None,
        base_url=settings.openai_base_url,
        connections=at_once,
    )
    prices = None
    if settings.llm_price_input is not None and settings.llm_price_output is not None:
        prices = Prices(settings.llm_price_input, settings.llm_price_output)
    limits = Limits(
        timeout_seconds=settings.llm_timeout_seconds,
        attempts=settings.llm_attempts,
        max_output_tokens=settings.llm_max_output_tokens,
        concurrency=at_once,
    )
    return _LanguageModel(
        Asking(model, limits, ModelMetrics(registry, prices)),
        Allowance(settings.llm_budget_tokens, settings.llm_budget_cost, prices),
    )


def _with_language_model(
    settings: EngineSettings, model: _LanguageModel, grader: Grader, bank: Bank, workers: Workers
) -> Engine:
    return LlmEngine(model.asking, grader, workers, bank, samples=settings.llm_samples, allowance=model.allowance)
