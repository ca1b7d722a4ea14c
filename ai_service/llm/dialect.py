"""What an endpoint understands, learnt from what it refuses and remembered while the process lives.

Compatible servers differ in three places: the mode of structured output, the name of the output limit, and whether a
temperature may be given. A request starts with what OpenAI documents and drops what a 400 or 422 complains of.
"""

from dataclasses import dataclass

from ai_service.llm.chat import ReplyMode

_MODES = tuple(ReplyMode)
_MODE_WORDS = ("response_format", "json_schema", "json_object", "structured output", "guided_json", "grammar")
LIMIT_NAMES = ("max_completion_tokens", "max_tokens")
MOST_CHANGES = 4
"""Two steps down in mode, one other name for the limit, and no temperature."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to put a request: mode, name of the output limit, and whether to send a temperature."""

    mode: ReplyMode
    limit_name: str
    temperature: bool


class Dialect:
    """The way that an endpoint is spoken to at present."""

    def __init__(self, *, limit_name: str) -> None:
        self._way = Way(ReplyMode.JSON_SCHEMA, limit_name, temperature=True)
        self._limit_names = [name for name in LIMIT_NAMES if name != limit_name]

    @property
    def way(self) -> Way:
        """How to put the next request."""
        return self._way

    def learn(self, refused: Way, complaint: str) -> bool:
        """Draw the lesson from the text of a refusal; False when there is none, so that the refusal stands.

        A request that began before another one's lesson draws none of its own: it only has to be put anew.
        """
        words = complaint.lower()
        way = self._way
        if refused != way:
            return any(word in words for word in (*_MODE_WORDS, *LIMIT_NAMES, "temperature"))
        if any(name in words for name in LIMIT_NAMES) and self._limit_names:
            self._way = Way(way.mode, self._limit_names.pop(), way.temperature)
        elif "temperature" in words and way.temperature:
            self._way = Way(way.mode, way.limit_name, temperature=False)
        elif any(word in words for word in _MODE_WORDS) and way.mode is not ReplyMode.TEXT:
            self._way = Way(_MODES[_MODES.index(way.mode) + 1], way.limit_name, way.temperature)
        else:
            return False
        return True
