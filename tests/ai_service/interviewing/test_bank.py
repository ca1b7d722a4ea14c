import json
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import yaml

from ai_service.errors import ResourceError
from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import BANK_FOLDER, Bank, load_bank
from ai_service.interviewing.composition import load_composition
from ai_service.interviewing.interview import Difficulty, Domain, QuestionKind, QuestionSource

FILES = sorted(BANK_FOLDER.rglob("*.yaml"))
SCHEMA = json.loads((BANK_FOLDER / "schema.json").read_text(encoding="utf-8"))
TECHNICAL = (Domain.DSA, Domain.CS_FUNDAMENTALS, Domain.LLD, Domain.HLD)
LEAST_IN_CELL = 12
LEAST_BEHAVIORAL = 24
LEAST_IN_TRACK = 20
# Two questions of the bank that ask for different things stay below this cosine.
NEAR_DUPLICATE = 0.8


def _load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(BANK_FOLDER)))
def test_every_file_fits_the_schema_and_its_place(path: Path) -> None:
    data = _load(path)
    jsonschema.validate(data, SCHEMA, cls=jsonschema.Draft202012Validator)
    assert (data["domain"], *([data["track"]] if "track" in data else [])) == path.relative_to(BANK_FOLDER).parts[:-1]
    assert path.stem == data.get("difficulty", "topics")


@pytest.mark.parametrize("domain", TECHNICAL)
@pytest.mark.parametrize("difficulty", list(Difficulty))
def test_every_technical_cell_has_enough_questions(bank: Bank, domain: Domain, difficulty: Difficulty) -> None:
    assert len(bank.cell(domain, difficulty)) >= LEAST_IN_CELL


def test_there_are_enough_behavioral_questions(bank: Bank) -> None:
    assert len(bank.by_domain[Domain.BEHAVIORAL]) >= LEAST_BEHAVIORAL


@pytest.mark.parametrize("track", sorted(folder.name for folder in (BANK_FOLDER / "role").iterdir()))
def test_every_role_has_enough_questions(bank: Bank, track: str) -> None:
    assert len(bank.by_source[f"role/{track}"]) >= LEAST_IN_TRACK


def test_every_part_of_the_bank_that_compositions_name_exists(bank: Bank) -> None:
    composition = load_composition()
    named = [composition.role_default, *composition.by_domain.values()]
    named += [family.shares for family in composition.role_families]
    assert {source for shares in named for source in shares} == set(bank.by_source)


def test_the_index_by_topic_holds_every_question_once(bank: Bank) -> None:
    found = [entry.question.key for topic in bank.topics for entry in bank.on_topic(topic.domain, topic.id)]
    assert Counter(found) == Counter(entry.question.key for entry in bank.questions)


def test_keys_are_unique_and_begin_with_the_domain(bank: Bank) -> None:
    keys = [entry.question.key for entry in bank.questions]
    keys += [follow_up.key for entry in bank.questions for follow_up in entry.follow_ups]
    assert len(keys) == len(set(keys))
    for entry in bank.questions:
        assert entry.question.key.startswith(entry.question.domain.value.replace("_", "-") + "-")


def test_point_ids_are_unique_within_a_question(bank: Bank) -> None:
    for entry in bank.questions:
        for question in (entry.question, *entry.follow_ups):
            ids = [point.id for point in question.points]
            assert len(ids) == len(set(ids)), question.key


def test_a_follow_up_is_a_question_of_its_own_that_probes_a_point_of_its_parent(bank: Bank) -> None:
    for entry in bank.questions:
        points = {point.id for point in entry.question.points}
        for follow_up in entry.follow_ups:
            assert follow_up.probed_point_id in points, follow_up.key
            assert follow_up.kind is QuestionKind.FOLLOW_UP
            assert follow_up.parent_key == follow_up.main_key == entry.question.key
            assert follow_up.key.startswith(entry.question.key + ".")
            assert follow_up.source is QuestionSource.BANK
            assert 30 <= follow_up.time_limit_seconds <= entry.question.time_limit_seconds


def test_every_topic_is_used(bank: Bank) -> None:
    used = {(entry.question.domain, entry.question.topic) for entry in bank.questions}
    assert used == set(bank.topic)


def test_no_cell_is_crowded_by_one_topic(bank: Bank) -> None:
    for domain in TECHNICAL:
        for difficulty in Difficulty:
            topics = Counter(entry.question.topic for entry in bank.cell(domain, difficulty))
            assert max(topics.values()) <= 4, (domain, difficulty, topics.most_common(1))


def test_no_two_questions_are_near_duplicates(bank: Bank, grader: Grader) -> None:
    questions = [entry.question for entry in bank.questions]
    questions += [follow_up for entry in bank.questions for follow_up in entry.follow_ups]
    alike = grader.similarity([question.text for question in questions])
    pairs = np.argwhere(np.triu(alike, 1) >= NEAR_DUPLICATE)
    named = [(questions[a].key, questions[b].key, round(float(alike[a, b]), 3)) for a, b in pairs]
    assert not named


def test_no_point_gives_away_another_points_text(bank: Bank) -> None:
    for entry in bank.questions:
        for question in (entry.question, *entry.follow_ups):
            texts = [text for point in question.points for text in (point.text, *point.phrasings)]
            assert len(texts) == len(set(texts)), question.key


def test_equal_content_gives_an_equal_version_and_other_content_another(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        (folder / "dsa").mkdir(parents=True)
        for name in ("topics.yaml", "easy.yaml"):
            (folder / "dsa" / name).write_bytes((BANK_FOLDER / "dsa" / name).read_bytes())
    assert load_bank(first).version == load_bank(second).version
    load_bank.cache_clear()
    with (second / "dsa" / "easy.yaml").open("a", encoding="utf-8") as file:
        file.write("# reviewed\n")
    assert load_bank(first).version != load_bank(second).version


@pytest.mark.parametrize(
    "content",
    [
        "questions: [",
        "domain: dsa\ndifficulty: easy\nquestions:\n  - id: dsa-x\n",
        "domain: chess\ndifficulty: easy\nquestions: []\n",
        "- a list\n",
    ],
)
def test_a_broken_file_is_named_when_it_is_loaded(tmp_path: Path, content: str) -> None:
    (tmp_path / "dsa").mkdir()
    (tmp_path / "dsa" / "easy.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(ResourceError, match=r"dsa/easy\.yaml"):
        load_bank(tmp_path)
