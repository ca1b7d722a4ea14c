"""Prompts: versioned files that become a system message of the service's own words and a user message of data."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import yaml

from ai_service.errors import ResourceError
from ai_service.llm.chat import Message, Role


@dataclass(frozen=True, slots=True)
class Prompt:
    """How one kind of reply is asked for; `data` are the names of the data in their order."""

    name: str
    version: str
    system: Template
    request: str
    data: tuple[str, ...]
    terms: Mapping[str, Mapping[str, str]]

    def messages(self, data: Mapping[str, str], **own: str) -> tuple[Message, Message]:
        """The system message, filled in with the service's `own` words, and the user message with the data.

        Data that are blank are left out. Each stands between two lines that name it with a code of 64 random bits,
        which nobody who writes the data can know. Raises KeyError for data that the prompt does not name.
        """
        unknown = set(data) - set(self.data)
        if unknown:
            raise KeyError(f"the prompt {self.name} takes no {', '.join(sorted(unknown))}")
        given = {name: data[name] for name in self.data if data.get(name, "").strip()}
        code = secrets.token_hex(8)
        while any(code in text for text in given.values()):
            code = secrets.token_hex(8)
        blocks = [f"[{name} {code}]\n{text}\n[/{name} {code}]" for name, text in given.items()]
        return (
            Message(Role.SYSTEM, self.system.substitute(own, code=code)),
            Message(Role.USER, "\n\n".join([*blocks, self.request])),
        )

    @property
    def secret_words(self) -> str:
        """The instructions without what is filled in: nothing of them may come back in a reply."""
        return self.system.template


def read_prompt(path: Path) -> Prompt:
    """The prompt of a file `<prompt>.yaml`. Raises `ResourceError` when it is not as `schema.json` says."""
    try:
        data: dict[str, Any] = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
        prompt = Prompt(
            data["prompt"],
            data["version"],
            Template(data["system"].strip()),
            data["request"].strip(),
            tuple(data["data"]),
            data.get("terms", {}),
        )
        if prompt.name != path.stem or not prompt.system.is_valid():
            raise ValueError("its name differs from the file's, or a $ stands in it that names nothing")
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ResourceError(f"the prompt {path} cannot be read: {error!r}") from error
    return prompt


def as_list(texts: Mapping[str, object] | list[str]) -> str:
    """Data of several entries as JSON, so that no entry can pass for two."""
    return json.dumps(texts, ensure_ascii=False, indent=1)
