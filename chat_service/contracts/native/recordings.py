"""Shapes of the native API's recorded answers. What they give is the core's own."""

from typing import Annotated

from pydantic import Field

from chat_service.contracts.fields import Input, Language, Storable
from chat_service.interviews.answering import MAX_ANSWER_CHARACTERS


class TranscriptionInput(Input):
    """How a recording is to be transcribed."""

    language: Language | None = Field(
        None, description="ISO 639-1; found out by the recognizer where it can when left out", examples=["en"]
    )


class TranscriptInput(Input):
    """The text in place of what was recognized."""

    text: Annotated[str, Storable] = Field(
        min_length=1, max_length=MAX_ANSWER_CHARACTERS, examples=["A hash map gives O(1) lookups on average, ..."]
    )
