"""AsyncAPI 3.0 documents of live sockets, made from the shapes that the sockets send and read."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_type_hints

from pydantic import BaseModel, TypeAdapter

_SCHEMAS = "#/components/schemas/{model}"


@dataclass(frozen=True, slots=True)
class Socket:
    """A door's live socket: `address` below the door's base path, with {interview_id} in it.

    The shapes of its messages each have a literal `type`. `query` maps the names of query parameters to their JSON
    schemas; `required` are those that must be there; `credential` is the one that authenticates. Binary frames have a
    name and say what they are.
    """

    title: str
    description: str
    address: str
    query: Mapping[str, Mapping[str, Any]]
    credential: str
    from_client: Sequence[type[BaseModel]]
    from_server: Sequence[type[object]]
    required: Sequence[str] = ()
    examples: Mapping[str, Any] = field(default_factory=dict)
    binary_from_client: Mapping[str, str] = field(default_factory=dict)
    binary_from_server: Mapping[str, str] = field(default_factory=dict)


def document(socket: Socket, *, host: str, secure: bool, base: str) -> dict[str, Any]:
    """The document of the socket as it is reached at `host`, below the path `base`."""
    shapes: list[tuple[str, Literal["validation", "serialization"], type[Any]]] = [
        *((one.__name__, "validation", one) for one in socket.from_client),
        *((one.__name__, "serialization", one) for one in socket.from_server),
    ]
    references, defined = TypeAdapter.json_schemas(
        [(name, mode, TypeAdapter(shape)) for name, mode, shape in shapes], ref_template=_SCHEMAS
    )
    schemas = dict(defined.get("$defs", {}))
    payloads = {}
    for (name, _), schema in references.items():
        if "$ref" not in schema:
            schemas[name] = schema
            schema = {"$ref": _SCHEMAS.format(model=name)}  # noqa: PLW2901
        payloads[name] = schema
    binary = {**socket.binary_from_client, **socket.binary_from_server}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": socket.title, "version": "1.0.0", "description": socket.description},
        "defaultContentType": "application/json",
        "servers": {
            "this": {
                "host": host,
                "protocol": "wss" if secure else "ws",
                "pathname": base,
                "security": [{"$ref": "#/components/securitySchemes/credential"}],
            }
        },
        "channels": {
            "live": {
                "address": socket.address,
                "title": "A live interview",
                "parameters": {"interview_id": {"description": "The interview"}},
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in (*payloads, *binary)},
                "bindings": {
                    "ws": {
                        "method": "GET",
                        "query": {
                            "type": "object",
                            "properties": dict(socket.query),
                            "required": list(socket.required),
                        },
                    }
                },
            }
        },
        "operations": {
            "hear": _operation("receive", "What a client may send", socket.from_client, socket.binary_from_client),
            "tell": _operation("send", "What the server sends", socket.from_server, socket.binary_from_server),
        },
        "components": {
            "messages": {
                shape.__name__: {
                    "name": _type_of(shape),
                    "title": shape.__name__,
                    "summary": inspect.cleandoc(shape.__doc__ or "").partition("\n\n")[0].replace("\n", " "),
                    "payload": payloads[shape.__name__],
                    **(
                        {"examples": [{"payload": socket.examples[_type_of(shape)]}]}
                        if _type_of(shape) in socket.examples
                        else {}
                    ),
                }
                for _, _, shape in shapes
            }
            | {
                name: {
                    "name": name,
                    "title": name,
                    "summary": summary,
                    "contentType": "application/octet-stream",
                    "payload": {"type": "string", "format": "binary"},
                }
                for name, summary in binary.items()
            },
            "schemas": schemas,
            "securitySchemes": {
                "credential": {
                    "type": "httpApiKey",
                    "in": "query",
                    "name": socket.credential,
                    "description": str(socket.query[socket.credential].get("description", "")),
                }
            },
        },
    }


def _operation(action: str, summary: str, shapes: Sequence[type[object]], binary: Iterable[str]) -> dict[str, Any]:
    names = [*(shape.__name__ for shape in shapes), *binary]
    return {
        "action": action,
        "summary": summary,
        "channel": {"$ref": "#/channels/live"},
        "messages": [{"$ref": f"#/channels/live/messages/{name}"} for name in names],
    }


def _type_of(shape: type[object]) -> str:
    """The published name of a message: the literal of its `type`."""
    return str(get_args(get_type_hints(shape)["type"])[0])
