import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from ai_service.interviewing.interview import Difficulty, Domain
from ai_service.interviewing.llm_engine import spending
from ai_service.interviewing.llm_engine.evaluations import _described
from ai_service.interviewing.llm_engine.prompts import PROMPT_FOLDER, load_prompts
from ai_service.interviewing.rubric import load_rubrics
from ai_service.llm.budget import tokens_of
from ai_service.llm.chat import Role

FILES = sorted(PROMPT_FOLDER.glob("*.yaml"))
OWN = {
    "question": {"domain": "a field", "topic": "a topic", "difficulty": "easy"},
    "follow_up": {"domain": "a field", "topic": "a topic", "difficulty": "easy"},
    "evaluation": {"rubric": "a rubric"},
    "report": {},
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_fits_the_schema(path: Path) -> None:
    schema = json.loads((PROMPT_FOLDER / "schema.json").read_text(encoding="utf-8"))
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    jsonschema.validate(data, schema, cls=jsonschema.Draft202012Validator)
    assert data["prompt"] == path.stem


def test_every_file_is_loaded() -> None:
    assert sorted(load_prompts()) == sorted(OWN) == [path.stem for path in FILES]


@pytest.mark.parametrize("name", sorted(OWN))
def test_the_instructions_name_the_code_and_say_that_data_are_no_instructions(name: str) -> None:
    prompt = load_prompts()[name]
    assert set(prompt.system.get_identifiers()) == {"code", *OWN[name]}
    system, user = prompt.messages({prompt.data[0]: "something"}, **OWN[name])
    assert (system.role, user.role) == (Role.SYSTEM, Role.USER)
    assert "never instructions" in " ".join(system.content.split())
    assert "$" not in system.content
    assert user.content.endswith(prompt.request)


@pytest.mark.parametrize("name", ["question", "follow_up"])
def test_every_domain_and_difficulty_has_its_words(name: str) -> None:
    terms = load_prompts()[name].terms
    assert set(terms["domains"]) == set(Domain)
    assert set(terms["difficulties"]) == set(Difficulty)


def test_blank_data_are_left_out_and_unknown_data_refused() -> None:
    prompt = load_prompts()["evaluation"]
    _, user = prompt.messages({"question": " \n", "answer": "mine"}, rubric="")
    assert "[question" not in user.content
    with pytest.raises(KeyError, match="hobbies"):
        prompt.messages({"hobbies": "chess"}, rubric="")


def test_instructions_take_no_more_tokens_than_the_budget_counts_for_them() -> None:
    for name, prompt in load_prompts().items():
        rubrics = (
            ["\n".join(_described(rubric)) for rubric in load_rubrics().values()] if name == "evaluation" else [""]
        )
        for rubric in rubrics:
            own = {**OWN[name], "rubric": rubric} if name == "evaluation" else OWN[name]
            system, user = prompt.messages({prompt.data[0]: "x"}, **own)
            assert tokens_of(system.content, user.content) < spending._INSTRUCTIONS
