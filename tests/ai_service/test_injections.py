import json
from collections import Counter

import jsonschema
import yaml

from tests.ai_service.injections import CORPUS

ENTRIES = yaml.safe_load(CORPUS.read_text(encoding="utf-8"))


def test_the_corpus_fits_its_schema() -> None:
    schema = json.loads(CORPUS.with_suffix(".schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(ENTRIES, schema, cls=jsonschema.Draft202012Validator)


def test_no_payload_stands_in_the_corpus_twice() -> None:
    for field in ("id", "text"):
        assert [value for value, count in Counter(entry[field] for entry in ENTRIES).items() if count > 1] == []


def test_the_corpus_has_many_kinds_of_payloads_for_every_field() -> None:
    assert len({entry["family"] for entry in ENTRIES}) >= 20
    places = Counter(place for entry in ENTRIES for place in entry["where"])
    assert min(places[place] for place in ("answer", "resume", "job_description")) >= 20
