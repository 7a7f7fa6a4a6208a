"""What can go wrong around a turn, by who must act.

BotError
├── SettingsInvalid   the operator, before start: a variable or a line of .env must be changed
├── DataUnreadable    the caller of a command: a file given to it can't be used
└── StillAnswering    the caller of a command: what is to be forgotten is in use, and won't be for long
"""


class BotError(Exception):
    """Base of all errors of this package; its text is one line that says what to do."""


class SettingsInvalid(BotError):
    """A setting can't be used; the text names its variable and never its value."""


class DataUnreadable(BotError):
    """A file named on the command line is missing or not of the expected form."""


class StillAnswering(BotError):
    """A question that is to be forgotten is being answered."""
