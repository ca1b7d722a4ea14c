"""Reads docker-compose.yml, the Dockerfile and .dockerignore the way Docker does, as far as these files go."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE_FILE = ROOT / "docker-compose.yml"
DOCKERFILE = ROOT / "deploy" / "docker" / "Dockerfile"
ENV_EXAMPLE = ROOT / "deploy" / "docker" / "env.example"

# $$, ${NAME:?message} or ${NAME:-default}
_REFERENCE = re.compile(r"\$(?:(\$)|\{(\w+):([?-])([^}]*)\})")


def compose() -> dict[str, Any]:
    """The compose file with its anchors merged and its variables as they are written."""
    document: dict[str, Any] = yaml.safe_load(COMPOSE_FILE.read_text("utf-8"))
    return document


def services() -> dict[str, dict[str, Any]]:
    """The services of the compose file by name."""
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def variables(value: object) -> dict[str, tuple[str, str]]:
    """Every variable in a part of the compose file: name -> (`?` and the message, or `-` and the default)."""
    return {name: (kind, text) for _, name, kind, text in _REFERENCE.findall(str(value)) if name}


def interpolated(text: str, environment: Mapping[str, str]) -> str:
    """A text of the compose file with its variables replaced. Raises KeyError for one that is required and not set."""

    def replace(match: re.Match[str]) -> str:
        dollar, name, kind, default = match.groups()
        if dollar:
            return "$"
        return environment[name] if kind == "?" else environment.get(name) or default

    return _REFERENCE.sub(replace, text)


@dataclass
class Stage:
    """One stage of the Dockerfile: its instructions, without those of the stages it builds on."""

    name: str
    base: str
    instructions: list[tuple[str, str]]

    def last(self, instruction: str) -> str | None:
        """The arguments of the last such instruction, which is the one that counts."""
        return next((rest for name, rest in reversed(self.instructions) if name == instruction), None)

    def environment(self) -> dict[str, str]:
        """What its ENV instructions set."""
        pairs = [pair for name, rest in self.instructions if name == "ENV" for pair in rest.split()]
        return dict(pair.split("=", 1) for pair in pairs)


def built_stage(service: str) -> Stage | None:
    """The stage of the Dockerfile that a service of the compose file runs; None for an image of others."""
    image = services()[service]["image"]
    targets = [one["build"]["target"] for one in services().values() if one["image"] == image and "build" in one]
    return stages()[targets[0]] if targets else None


def stages() -> dict[str, Stage]:
    """The stages of the Dockerfile by name."""
    found: dict[str, Stage] = {}
    current: Stage | None = None
    lines = [line for line in DOCKERFILE.read_text("utf-8").splitlines() if not line.startswith("#")]
    for line in re.sub(r"\\\n\s*", " ", "\n".join(lines)).splitlines():
        name, _, rest = line.strip().partition(" ")
        if name == "FROM":
            base, _, stage = rest.partition(" AS ")
            current = found[stage] = Stage(stage, base, [])
        elif current is not None and name:
            current.instructions.append((name, rest))
    return found


def is_sent_to_the_builder(path: str) -> bool:
    """Whether .dockerignore lets a path of the repository into the build context: the last pattern to match decides."""
    sent = True
    candidates = [PurePosixPath(path), *PurePosixPath(path).parents]
    for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines():
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        expression = re.escape(pattern.removeprefix("!")).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
        if any(re.fullmatch(expression, str(candidate)) for candidate in candidates):
            sent = pattern.startswith("!")
    return sent
