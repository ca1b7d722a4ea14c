"""Replies read strictly: JSON found in the text, held to a pydantic model, and what is wrong with it in words."""

import json
import re
from functools import lru_cache
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ai_service.llm.chat import ReplySchema

_DEEPEST: Final = 40
_MOST_PROBLEMS: Final = 8
_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*?)\n?```", re.DOTALL | re.IGNORECASE)
# Bounds that not every endpoint knows in a schema; they hold when a reply is read.
_NOT_SENT = frozenset(
    {"title", "default", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "pattern"}
)


class ReplyModel(BaseModel):
    """Base of what a model is to answer: no other fields, no conversion of types, no input in messages of errors."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True, allow_inf_nan=False)


R = TypeVar("R", bound=ReplyModel)


class BadReplyError(Exception):
    """A reply is not what was asked for; `problems` say what is wrong, for the model that is to repair it."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def read_reply(text: str, model: type[R]) -> R:
    """The reply in `text`: a JSON object, by itself, in a code fence or after other words.

    Raises `BadReplyError` when there is none, or it has NaN or infinite numbers, or does not fit the model.
    """
    try:
        return model.model_validate_json(json.dumps(_json_object(text)))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        problems = [f"{_path(problem['loc'])}: {problem['msg']}" for problem in found[:_MOST_PROBLEMS]]
        raise BadReplyError(tuple(problems)) from None


@lru_cache(maxsize=16)
def schema_of(model: type[ReplyModel]) -> ReplySchema:
    """The JSON Schema that is sent: references resolved, every property required, bounds left out."""
    whole = model.model_json_schema()
    return ReplySchema(model.__name__, _plain(whole, whole.get("$defs", {})))


def _json_object(text: str) -> dict[str, Any]:
    said = _THOUGHT.sub("", text).strip()
    candidates = [said, *(match.group(1) for match in _FENCE.finditer(said))]
    if "{" in said and not said.startswith("["):
        candidates.append(said[said.index("{") :])
    problem = "the reply holds no JSON object"
    for candidate in candidates:
        if not candidate.lstrip().startswith("{"):
            continue
        try:
            value, _ = _DECODER.raw_decode(candidate.lstrip())
        except (ValueError, RecursionError) as error:
            problem = f"the reply is not valid JSON: {_first_line(error)}"
            continue
        if _depth(value) > _DEEPEST:
            problem = "the reply is nested too deeply"
            continue
        if "\\u0000" in json.dumps(value).replace(r"\\", ""):  # which no database stores in a text
            problem = "the NUL character stands in the reply; write plain text"
            continue
        return dict(value)
    raise BadReplyError((problem,))


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number of JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field stands twice in an object")
    return found


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_unique)


def _depth(value: object) -> int:
    deepest, level = 0, [value]
    while level:
        deepest += 1
        if deepest > _DEEPEST:
            break
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return deepest


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


def _path(location: tuple[int | str, ...]) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part[:60]}" for part in location)
    return path.removeprefix(".") or "the reply"


def _plain(node: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_plain(inner, definitions) for inner in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _plain(definitions[str(node["$ref"]).rpartition("/")[2]], definitions)
    plain: dict[str, Any] = {}
    for name, inner in node.items():
        if name == "properties":
            plain[name] = {field: _plain(value, definitions) for field, value in inner.items()}
        elif name != "$defs" and name not in _NOT_SENT:
            plain[name] = _plain(inner, definitions)
    if plain.get("type") == "object":
        plain["required"] = list(plain.get("properties", {}))
        plain["additionalProperties"] = False
    return plain
