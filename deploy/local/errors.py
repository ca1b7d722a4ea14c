class LaunchError(Exception):
    """The launcher cannot start or go on; the message is for the operator and says what to do."""


class StopRequested(Exception):  # noqa: N818  (not an error: the operator asked for it)
    """A signal asked the launcher to stop."""
