"""Words by which the built-in parser finds its way."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ai_service.errors import ResourceError

DATA_FOLDER = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Words:
    """The lists of `words.yaml`: `headings` maps each heading to its kind of section."""

    headings: dict[str, str]
    titles: re.Pattern[str]
    degrees: re.Pattern[str]
    institutions: re.Pattern[str]
    streets: re.Pattern[str]
    personal: re.Pattern[str]


def read_data(name: str) -> Any:
    """The content of a data file. Raises `ResourceError`."""
    path = DATA_FOLDER / name
    try:
        return yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    except (OSError, yaml.YAMLError) as error:
        raise ResourceError(f"{path} cannot be read: {error!r}") from error


@cache
def load_words() -> Words:
    """Read `words.yaml`. Raises `ResourceError` when it is not as `words.schema.json` says."""
    data = read_data("words.yaml")
    try:
        headings = {heading: kind for kind, some in data["headings"].items() for heading in some}
        street = "|".join(map(re.escape, data["streets"]))
        return Words(
            headings=headings,
            titles=_whole(map(re.escape, data["titles"])),
            degrees=_whole(data["degrees"]),
            institutions=_whole(map(re.escape, data["institutions"])),
            streets=re.compile(
                rf"\b\d{{1,5}}[a-z]?,? (?:[\w.'’-]+ ){{1,4}}(?:{street})\b"
                rf"|\b\w{{3,}}(?:straße|strasse|str\.) \d{{1,4}}",
                re.IGNORECASE,
            ),
            personal=re.compile(
                rf"\s*(?:{'|'.join(map(re.escape, data['personal']))})\s*(?:[:=]|\s[-–])\s*", re.IGNORECASE
            ),
        )
    except (KeyError, TypeError, AttributeError, re.error) as error:
        raise ResourceError(f"words.yaml is not as it should be: {error!r}") from error


def _whole(forms: Any) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.])(?:{'|'.join(forms)})(?!\w)", re.IGNORECASE)
