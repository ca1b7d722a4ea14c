"""The catalogue of skills: as its schema says, without doubles, and with all that the bank asks about."""

import json

import jsonschema
import pytest

from ai_service.interviewing.bank import Bank
from ai_service.interviewing.interview import Domain
from ai_service.resume.resume import MOST_SKILL
from ai_service.resume.skills import atoms, load_catalogue
from ai_service.resume.words import DATA_FOLDER, load_words, read_data

TECHNICAL = (Domain.DSA, Domain.CS_FUNDAMENTALS, Domain.LLD, Domain.HLD, Domain.ROLE)


@pytest.mark.parametrize("name", ["skills", "words"])
def test_the_data_fit_their_schema(name: str) -> None:
    schema = json.loads((DATA_FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(read_data(f"{name}.yaml"), schema, cls=jsonschema.Draft202012Validator)


def test_every_name_and_form_stands_once() -> None:
    entries = read_data("skills.yaml")
    assert len({entry["name"].lower() for entry in entries}) == len(entries) >= 600
    forms = [
        (atoms(form), form)
        for entry in entries
        for form in [*entry.get("aliases", ()), *entry.get("exact", ()), *entry.get("listed", ())]
    ]
    assert all(form for form, _ in forms)
    assert len(set(forms)) == len(forms)
    assert all(len(entry["name"]) <= MOST_SKILL for entry in entries)


def test_every_technical_topic_of_the_bank_is_a_skill(bank: Bank) -> None:
    catalogue = load_catalogue()
    titles = [topic.title for (domain, _), topic in bank.topic.items() if domain in TECHNICAL]
    assert [title for title in titles if catalogue.named(title) is None and not catalogue.find(title)] == []


def test_every_heading_is_found_in_one_kind_of_section() -> None:
    headings = [heading for some in read_data("words.yaml")["headings"].values() for heading in some]
    assert len(load_words().headings) == len(headings)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("C++, C# and .NET", {"C++", "C#", ".NET"}),
        ("React/Redux on node.js; CI/CD", {"React", "Redux", "Node.js", "CI/CD"}),
        ("AWS, CloudFormation", {"AWS", "CloudFormation"}),
        ("Spring Boot and Java", {"Spring Boot", "Java"}),
        ("Python, Go, R and C", {"Python"}),  # one sure skill makes no list
        ("Python, SQL, Go, R and C", {"Python", "SQL", "Go", "R", "C"}),
        ("I go far and make things", set()),
        ("no experience with Azure", set()),
        ("PYTHON and postgres", {"Python", "PostgreSQL"}),
    ],
)
def test_skills_are_found_as_they_are_written(text: str, found: set[str]) -> None:
    assert set(load_catalogue().find(text)) == found
