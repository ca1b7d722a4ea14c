"""The data files of coaching: as their schemas say, and whole."""

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from ai_service.coaching.coaching import Framework, NotCoachableReason, PracticeMatch
from ai_service.coaching.frameworks import FOLDER, chosen_for, load_frameworks
from ai_service.coaching.llm_coach import load_prompt
from ai_service.coaching.practice import Practice
from ai_service.coaching.reading import load_wording
from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.composition import load_composition
from ai_service.interviewing.interview import Domain
from ai_service.interviewing.llm_engine.prompts import PROMPT_FOLDER


def data(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("folder", ["frameworks", "facets"])
def test_every_file_fits_its_schema(folder: str) -> None:
    schema = Draft202012Validator(json.loads((FOLDER / folder / "schema.json").read_text(encoding="utf-8")))
    files = sorted((FOLDER / folder).glob("*.yaml"))
    assert files
    for path in files:
        assert [error.message for error in schema.iter_errors(data(f"{folder}/{path.name}"))] == []


def test_every_prompt_fits_the_schema_of_prompts_but_for_its_name() -> None:
    schema = json.loads((PROMPT_FOLDER / "schema.json").read_text(encoding="utf-8"))
    schema["properties"]["prompt"] = {"enum": ["feedback", "practice"]}
    for name in ("feedback", "practice"):
        assert list(Draft202012Validator(schema).iter_errors(data(f"prompts/{name}.yaml"))) == []
        assert load_prompt(name).name == name


def test_each_facet_is_used_and_its_prototypes_are_no_answer_of_the_tests() -> None:
    frameworks = load_frameworks()
    assert set(frameworks) == set(Framework)
    for kind in ("story", "explanation"):
        used = {
            name
            for one in frameworks.values()
            if one.facets.kind == kind
            for element in one.elements
            for name in element.facets
        }
        facets = next(one.facets for one in frameworks.values() if one.facets.kind == kind)
        assert used == set(facets.facets)
        assert len(facets.prototypes) >= 50


def test_the_wording_has_every_reason_and_match(grader: Grader, bank: Bank) -> None:
    wording = load_wording()
    assert set(wording["not_coachable"]) == {one.value for one in NotCoachableReason}
    assert {one.value for one in PracticeMatch} <= set(wording["matches"])
    assert set(data("structures.yaml")) == {one.value for one in Domain}
    Practice(grader.reader, bank, load_composition())  # raises for a skill that practises nothing


@pytest.mark.parametrize(
    ("question", "framework"),
    [
        ("Tell me about a time you faced a difficult technical challenge.", Framework.STAR),
        ("Describe a situation where you disagreed with your manager.", Framework.STAR),
        ("Have you ever missed a deadline?", Framework.STAR),
        ("What would you do if a release failed?", Framework.STAR),
        ("Explain the difference between a process and a thread.", Framework.PREP),
        ("What is a hash table?", Framework.PREP),
        ("How does garbage collection work?", Framework.PREP),
        ("Describe the time complexity of quicksort.", Framework.PREP),
        ("Why do you want to work here?", Framework.PREP),
    ],
)
def test_the_question_chooses_the_framework(question: str, framework: Framework) -> None:
    chosen = chosen_for(question)
    assert chosen.framework is framework
    assert chosen.reason


def test_every_behavioural_question_of_the_bank_is_read_as_a_story(bank: Bank) -> None:
    asked = [one.question.text for one in bank.by_domain[Domain.BEHAVIORAL]]
    stories = [text for text in asked if chosen_for(text).framework is Framework.STAR]
    assert len(stories) >= 0.9 * len(asked), set(asked) - set(stories)
    technical = [one.question.text for name in (Domain.DSA, Domain.CS_FUNDAMENTALS) for one in bank.by_domain[name]]
    wrong = [text for text in technical if chosen_for(text).framework is Framework.STAR]
    assert len(wrong) <= 0.05 * len(technical), wrong
