"""What can go wrong in reaching people, by who must act.

AdapterError
├── RetryLater           the reply scheduler, the one owner of retries
│   ├── RateLimited          and leave the named scope alone for `retry_after` seconds
│   ├── Unreachable          refused, reset, 5xx: nothing was done
│   └── ResponseLost         it may have been done: look it up before posting again
├── MessageTooLong       the editor: lay the text out smaller
├── MessageGone          nobody: somebody removed the message, so the reply ends there
├── NotPermitted         the operator: `what` is missing
└── StartRefused         the operator: the platform lets the bot in no more until a setting is changed
"""

from adapters.limits import Scope


class AdapterError(Exception):
    """Base of all errors of this package; its text never holds a message or a secret, and is never empty."""

    def __str__(self) -> str:
        """Return what is known of the failure, or at least its kind."""
        return super().__str__() or type(self).__name__


class RetryLater(AdapterError):
    """The same call may succeed later."""


class RateLimited(RetryLater):
    """The platform asks for a pause of `retry_after` seconds of everything that `scope` counts together."""

    def __init__(self, retry_after: float, scope: Scope) -> None:
        super().__init__(f"rate limited for {retry_after:g} s per {scope}")
        self.retry_after = retry_after
        self.scope = scope


class Unreachable(RetryLater):
    """The platform could not be reached or failed by itself; the call had no effect."""


class ResponseLost(RetryLater):
    """The call was sent and no answer came: it may have had its effect."""


class MessageTooLong(AdapterError):
    """The platform refuses a text of this size."""


class MessageGone(AdapterError):
    """The message, its channel or its thread exists no more."""


class NotPermitted(AdapterError):
    """The platform forbids the call. `what` names the permission, role or setting that an operator must give."""

    def __init__(self, what: str) -> None:
        super().__init__(f"not permitted: {what}")
        self.what = what


class StartRefused(AdapterError):
    """A platform refuses the bot for good; the text is one line that names the setting and what to do."""
