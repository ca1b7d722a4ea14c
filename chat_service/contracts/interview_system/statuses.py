"""The published names of an interview's states."""

from chat_service.interviews.states import InterviewState

_PUBLISHED = {InterviewState.DRAFT: "created"}


def status_of(state: InterviewState) -> str:
    """The status of a session."""
    return _PUBLISHED.get(state, state.value)
