"""A monotone curve from the grader's raw scores to the scores that people gave.

One parameter: calibrated = 100 * (raw / 100) ** exponent. It keeps 0 and 100 where they are, so that nothing said
earns nothing however lenient the people were, and it changes no order. More parameters fitted the people of one
course and not those of the next.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

LEAST_EXPONENT, GREATEST_EXPONENT = 0.2, 5.0


class CalibrationError(Exception):
    """A calibration file cannot be used; the message says why."""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, le=1)
    name: str = Field(min_length=1, max_length=60)
    exponent: float = Field(ge=LEAST_EXPONENT, le=GREATEST_EXPONENT)
    answers: int = Field(ge=0)


@dataclass(frozen=True, slots=True)
class Calibration:
    """The curve; `name` says in an evaluation's provenance which one was applied."""

    name: str
    exponent: float
    answers: int

    def apply(self, score: float) -> float:
        """The calibrated score of a raw one; both 0 to 100."""
        return float(100 * (score / 100) ** self.exponent)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads a calibration file. Raises `CalibrationError`."""
        try:
            file = _File.model_validate_json(path.read_bytes())
        except OSError as error:
            raise CalibrationError(f"the calibration file {path} cannot be used: {error.strerror}") from None
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)
            wrong = "; ".join(": ".join((*map(str, one["loc"]), one["msg"])) for one in found)
            raise CalibrationError(f"the calibration file {path} cannot be used: {wrong}") from None
        return cls(file.name, file.exponent, file.answers)

    def save(self, path: Path) -> None:
        """Writes a calibration file."""
        file = _File(version=1, name=self.name, exponent=self.exponent, answers=self.answers)
        path.write_text(file.model_dump_json(indent=2) + "\n", encoding="utf-8")
