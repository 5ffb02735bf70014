"""Errors a person can act on; each knows the exit code it ends a command with.

A message says what happened, to which file, and what to do about it.
"""

DONE = 0
FAILED = 1
USAGE = 2
BUSY = 3
NOT_GROUNDED = 4
INTERRUPTED = 130


class TwinError(Exception):
    """What went wrong, in words for the person; `exit_code` is the command's."""

    exit_code = FAILED


class UsageError(TwinError):
    """The command line asks for something that cannot be meant."""

    exit_code = USAGE


class SettingsError(TwinError):
    """A setting is unknown or has an impossible value."""

    exit_code = USAGE


class BusyError(TwinError):
    """The memory is starting, stopping or in other hands: trying again may help."""

    exit_code = BUSY


class OwnerError(TwinError):
    """The owner answered a request with an error of this exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class OwnerGoneError(TwinError):
    """The owner ended while it served a request."""


class CancelledError(BusyError):
    """A request was given up because its client left or the owner is stopping."""


class UpgradedError(TwinError):
    """Twin is of another version on disk than this process: only starting it again helps."""
