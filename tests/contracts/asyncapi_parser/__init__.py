"""What other people's tools say of an AsyncAPI document; `make peers` installs them."""

import asyncio
import json
import shutil
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

MODULES = Path(sys.prefix) / "peers/asyncapi/node_modules"
_PROGRAM = Path(__file__).parent / "check.mjs"
_SPECIFICATION = MODULES / "@asyncapi/specs/schemas/3.0.0-without-$id.json"
_ERROR = 0


async def complaints(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The errors that the official parser finds; skips the test where it is not installed."""
    node = shutil.which("node")
    if node is None or not MODULES.exists():
        pytest.skip("@asyncapi/parser is not installed: `make peers` does so where node and npm are")
    process = await asyncio.create_subprocess_exec(
        node, str(_PROGRAM), str(MODULES), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate(json.dumps(document).encode())
    outcome = json.loads(said)
    errors: list[dict[str, Any]] = [one for one in outcome["diagnostics"] if one["severity"] == _ERROR]
    assert outcome["parsed"] or errors
    return errors


def violations(document: Mapping[str, Any]) -> list[str]:
    """What in the document does not fit the schema of AsyncAPI 3.0; skips the test where that is not installed."""
    if not _SPECIFICATION.exists():
        pytest.skip("@asyncapi/specs is not installed: `make peers` does so where npm is")
    schema = jsonschema_rs.Draft7Validator(json.loads(_SPECIFICATION.read_text("utf-8")))
    return [f"{one.instance_path}: {one.message}" for one in schema.iter_errors(document)]


class Messages:
    """The messages that a document allows, by their published type."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        sent = [one for one in document["operations"].values() if one["action"] == "send"]
        names = [one["$ref"].rpartition("/")[2] for operation in sent for one in operation["messages"]]
        messages = document["components"]["messages"]
        self._payloads = {messages[name]["name"]: messages[name]["payload"] for name in names}
        self._validators = cache(self._validator)

    @property
    def types(self) -> set[str]:
        """What the server may send."""
        return set(self._payloads)

    def require(self, message: Mapping[str, Any]) -> None:
        """Fails unless the document allows the server's message."""
        assert message["type"] in self._payloads, message["type"]
        errors = [
            f"{one.instance_path}: {one.message}" for one in self._validators(message["type"]).iter_errors(message)
        ]
        assert not errors, (message["type"], errors)

    def _validator(self, kind: str) -> jsonschema_rs.Draft7Validator:
        schema = {**self._payloads[kind], "components": {"schemas": self._document["components"]["schemas"]}}
        # In draft 7 whatever stands beside a $ref is not read.
        return jsonschema_rs.Draft7Validator({"allOf": [{"$ref": schema.pop("$ref")}], **schema})
