"""The README says what is so."""

import re
from pathlib import Path

import pytest

from ai_service.settings import Settings as AiSettings
from chat_service.settings import Settings as ChatSettings

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| `([A-Z_]+)` \| ([^|]+) \|", README, re.MULTILINE))


@pytest.mark.parametrize("settings", [ChatSettings, AiSettings], ids=["chat_service", "ai_service"])
def test_every_setting_is_listed_with_its_default(settings: type[ChatSettings] | type[AiSettings]) -> None:
    for name, field in settings.model_fields.items():
        shown = ROWS[name.upper()].strip()
        if field.is_required():
            assert shown == "required", name
        elif field.default_factory is None and name != "log_level":
            assert shown == ("unset" if field.default is None else f"`{field.default}`"), name


def test_nothing_is_listed_that_is_no_setting() -> None:
    known = {name.upper() for settings in (ChatSettings, AiSettings) for name in settings.model_fields}
    assert ROWS.keys() <= known


def test_a_call_to_the_engine_waits_for_a_slow_grade_and_question_each_with_a_repair() -> None:
    deadline = ChatSettings.model_fields["ai_deadline_seconds"].default
    attempt = AiSettings.model_fields["llm_timeout_seconds"].default
    assert deadline >= 4 * attempt
    assert deadline >= attempt * AiSettings.model_fields["llm_attempts"].default


def test_every_page_that_is_linked_exists() -> None:
    for target in re.findall(r"\]\(([a-z][^):#]+)\)", README):
        assert (Path(__file__).parents[1] / target).exists(), target
