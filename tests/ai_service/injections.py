"""The corpus of prompt injections, injections.yaml beside this file."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

CORPUS = Path(__file__).with_name("injections.yaml")


@dataclass(frozen=True)
class Payload:
    id: str
    family: str
    where: tuple[str, ...]
    text: str


@cache
def payloads(where: str) -> tuple[Payload, ...]:
    """Those that make sense in the answer, the resume or the job_description."""
    entries = yaml.load(CORPUS.read_bytes(), Loader=yaml.CSafeLoader)
    found = [Payload(entry["id"], entry["family"], tuple(entry["where"]), entry["text"]) for entry in entries]
    return tuple(payload for payload in found if where in payload.where)
