"""Messages of clients on live sockets, checked by the door's shapes."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from chat_service.contracts.door import validation_error
from chat_service.errors import invalid


def shapes_by_type(shapes: Sequence[type[BaseModel]]) -> Mapping[str, type[BaseModel]]:
    """The shapes by the one text that their field `type` may have."""
    return {one.model_fields["type"].annotation.__args__[0]: one for one in shapes}  # type: ignore[union-attr]


def read_message(shapes: Mapping[str, type[BaseModel]], message: Mapping[str, Any]) -> BaseModel:
    """The message in the shape of its type. Raises INVALID for another type, and for fields that do not fit."""
    shape = shapes.get(message["type"])
    if shape is None:
        raise invalid("type", f"is none of {', '.join(shapes)}", reason="unknown_message_type")
    try:
        return shape.model_validate(message)
    except ValidationError as error:
        raise validation_error([{**one, "loc": ("message", *one["loc"])} for one in error.errors()]) from None
