import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from ai_service.errors import ResourceError
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.interview import Domain, Priority, TopicSummary
from ai_service.interviewing.resources import RESOURCES_FILE, Shelf, load_shelf

DATA: dict[str, Any] = yaml.safe_load(RESOURCES_FILE.read_text(encoding="utf-8"))


@pytest.fixture
def shelf() -> Shelf:
    return load_shelf()


def _topic(name: str, score: float | None, domain: Domain = Domain.DSA, missed: tuple[str, ...] = ("A point.",)) -> Any:
    return TopicSummary(name, name.title(), score, int(score is not None), missed, domain)


def test_the_file_fits_its_schema() -> None:
    schema = json.loads(RESOURCES_FILE.with_name("resources.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(DATA, schema, cls=jsonschema.Draft202012Validator)


def test_titles_and_addresses_are_unique() -> None:
    for name in ("title", "url"):
        values = [record[name] for record in DATA["resources"]]
        assert sorted({value for value in values if values.count(value) > 1}) == []


def test_every_isbn_has_its_check_digit() -> None:
    for record in DATA["resources"]:
        digits = [int(digit) for digit in record.get("isbn", "")]
        assert sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10 == 0, record["title"]


def test_no_address_is_shortened() -> None:
    short = {"bit.ly", "t.co", "goo.gl", "tinyurl.com", "amzn.to", "ow.ly", "youtu.be", "is.gd"}
    assert not {record["url"].split("/")[2] for record in DATA["resources"]} & short


def test_every_topic_of_the_bank_has_a_resource_of_its_own(bank: Bank, shelf: Shelf) -> None:
    served = {topic for resource in shelf.resources for topic in resource.topics}
    assert sorted(set(bank.topic) - served) == []


def test_every_topic_that_is_named_is_one_of_the_bank(bank: Bank, shelf: Shelf) -> None:
    named = {topic for resource in shelf.resources for topic in resource.topics}
    assert sorted(named - set(bank.topic)) == []


@pytest.mark.parametrize("domain", Domain)
def test_every_domain_has_a_general_resource(shelf: Shelf, domain: Domain) -> None:
    assert shelf.for_domain(domain)
    assert shelf.for_topic(domain, "a_topic_of_a_model") == shelf.for_domain(domain)


def test_the_most_specific_resource_comes_first(bank: Bank, shelf: Shelf) -> None:
    for topic in bank.topic:
        own = [resource for resource in shelf.for_topic(*topic) if topic in resource.topics]
        breadths = [len(resource.topics) for resource in own]
        assert breadths == sorted(breadths)
        assert list(shelf.for_topic(*topic)[: len(own)]) == own


def test_the_weaker_the_topic_the_more_its_resources_are_needed(shelf: Shelf) -> None:
    topics = [_topic("graphs", 20.0), _topic("range_queries", 60.0), _topic("union_find", 90.0), _topic("trees", None)]
    recommended = shelf.recommended(topics, Domain.DSA)
    by_topic = {topic: one.priority for one in recommended for topic in one.topics}
    assert by_topic == {"graphs": Priority.HIGH, "range_queries": Priority.MEDIUM, "trees": Priority.HIGH}
    order = [list(Priority).index(one.priority) for one in recommended]
    assert order == sorted(order)
    medium = shelf.recommended([_topic("heaps", 60.0)], Domain.DSA)
    assert {one.priority for one in medium} == {Priority.MEDIUM}


def test_a_resource_for_two_weak_topics_is_named_once_with_the_higher_priority(shelf: Shelf) -> None:
    topics = [_topic("graphs", 40.0), _topic("dynamic_programming", 60.0)]
    recommended = shelf.recommended(topics, Domain.DSA)
    assert len({one.title for one in recommended}) == len(recommended)
    shared = [one for one in recommended if one.topics == ("graphs", "dynamic_programming")]
    assert {one.priority for one in shared} == {Priority.HIGH}


def test_without_a_weak_topic_the_lowest_ones_are_gone_further_with(shelf: Shelf) -> None:
    strong = [_topic("graphs", 82.0), _topic("heaps", 99.0, missed=()), _topic("trees", 100.0, missed=())]
    recommended = shelf.recommended(strong, Domain.DSA)
    assert {one.priority for one in recommended} == {Priority.LOW}
    assert {topic for one in recommended for topic in one.topics} == {"graphs", "heaps"}


@pytest.mark.parametrize("domain", Domain)
def test_without_topics_the_domain_is_served(shelf: Shelf, domain: Domain) -> None:
    recommended = shelf.recommended([], domain)
    assert recommended
    assert {(one.priority, one.topics) for one in recommended} == {(Priority.MEDIUM, ())}


def test_the_list_stays_short_and_serves_the_weakest_first(bank: Bank, shelf: Shelf) -> None:
    topics = [_topic(name, float(place)) for place, (_, name) in enumerate(bank.topic) if place < 14]
    recommended = shelf.recommended(topics, Domain.DSA)
    assert len(recommended) <= 8
    assert topics[0].topic in recommended[0].topics


def test_equal_topic_names_of_two_domains_are_told_apart(shelf: Shelf) -> None:
    for domain in (Domain.LLD, Domain.CS_FUNDAMENTALS):
        serving = {one.title for one in shelf.resources if (domain, "concurrency") in one.topics}
        recommended = shelf.recommended([_topic("concurrency", 10.0, domain)], Domain.ROLE)
        assert {one.title for one in recommended} <= serving


@pytest.mark.parametrize("text", ["resources: [{title: A}]", "- 1", "resources:\n  - {topics: [nowhere/x]}", "{"])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    broken = tmp_path / "resources.yaml"
    broken.write_text(text, encoding="utf-8")
    with pytest.raises(ResourceError, match=str(broken)):
        load_shelf(broken)
