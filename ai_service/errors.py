"""The faults of the service. The wire turns each kind into a canonical gRPC status."""

import math
from enum import StrEnum


class FaultKind(StrEnum):
    """What went wrong, in the words of the canonical status codes. The set is closed."""

    INVALID_ARGUMENT = "invalid_argument"
    UNAUTHENTICATED = "unauthenticated"
    NOT_FOUND = "not_found"
    FAILED_PRECONDITION = "failed_precondition"
    RESOURCE_EXHAUSTED = "resource_exhausted"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


class Fault(Exception):  # noqa: N818 - expected in operation, unlike an error of the program
    """A failure that a caller may be told about.

    `reason` is a stable name in upper snake case; `message` says what to do; `details` are short texts by name.
    `is_final` tells a caller's channel not to repeat the call by itself, since what could be tried was tried here.
    """

    is_final = False

    def __init__(self, kind: FaultKind, reason: str, message: str, details: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.reason = reason
        self.message = message
        self.details = details or {}


class InvalidField(Fault):
    """A field of a request breaks its documented rule; `field` is its path, such as `question.points[2].id`."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(FaultKind.INVALID_ARGUMENT, "INVALID_FIELD", f"{field}: {message}", {"field": field})
        self.field = field
        self.description = message


class Unauthenticated(Fault):
    """The service credential is missing or wrong; which of the two is not said."""

    def __init__(self) -> None:
        super().__init__(
            FaultKind.UNAUTHENTICATED,
            "SERVICE_CREDENTIAL",
            "send the metadata 'authorization: Bearer <AI_SERVICE_TOKEN>'",
        )


class QuestionsExhausted(Fault):
    """No question of the kind that was asked for exists."""

    def __init__(self, message: str) -> None:
        super().__init__(FaultKind.NOT_FOUND, "QUESTIONS_EXHAUSTED", message)


class Overloaded(Fault):
    """As much work is admitted as the service takes on at once."""

    def __init__(self, bound: int) -> None:
        super().__init__(
            FaultKind.RESOURCE_EXHAUSTED,
            "CONCURRENCY_BOUND",
            f"{bound} evaluations are running or waiting; try again shortly or raise AI_CONCURRENCY",
        )


class Starting(Fault):
    """The model is still being loaded."""

    def __init__(self) -> None:
        super().__init__(FaultKind.UNAVAILABLE, "STARTING", "the service is loading its model; try again shortly")


class Draining(Fault):
    """The service is shutting down."""

    def __init__(self) -> None:
        super().__init__(FaultKind.UNAVAILABLE, "DRAINING", "the service is shutting down; try again shortly")


class ModelFault(Fault):
    """The language model gave no usable reply after all attempts that may be made; nothing was graded by it."""

    is_final = True

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        kind: FaultKind = FaultKind.UNAVAILABLE,
        retry_after_seconds: float | None = None,
    ) -> None:
        details = {} if retry_after_seconds is None else {"retry_after_seconds": f"{math.ceil(retry_after_seconds)}"}
        super().__init__(kind, reason, message, details)


class BudgetSpent(ModelFault):
    """The interview has used, or would use with this call, more than an interview may.

    `budget` says what it may use, `setting` is the variable that bounds it.
    """

    def __init__(self, budget: str, setting: str) -> None:
        super().__init__(
            "MODEL_BUDGET_SPENT",
            f"the interview's budget of {budget} is spent; end the interview, or raise {setting}",
            kind=FaultKind.RESOURCE_EXHAUSTED,
        )


class ResourceError(Exception):
    """A file that the service ships or its environment is unusable: the service cannot start."""
