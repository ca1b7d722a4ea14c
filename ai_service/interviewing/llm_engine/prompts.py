"""The prompts of interviews, by name."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from ai_service.llm.prompts import Prompt, read_prompt

PROMPT_FOLDER = Path(__file__).parents[1] / "prompts"
_NAMES = ("question", "follow_up", "evaluation", "report")


@lru_cache(maxsize=1)
def load_prompts() -> Mapping[str, Prompt]:
    """Every prompt by name. Raises `ResourceError` when a file is not as `schema.json` says."""
    return {name: read_prompt(PROMPT_FOLDER / f"{name}.yaml") for name in _NAMES}
