"""The registry of Web API methods: which token and scopes each needs, and its handler."""

from tests.servers.slack.chat import METHODS as CHAT
from tests.servers.slack.connections import METHODS as CONNECTIONS
from tests.servers.slack.method import Caller, Method, Token

__all__ = ["Caller", "Method", "Token", "all_methods"]


def all_methods() -> dict[str, Method]:
    """Return every method by its name."""
    return {**CHAT, **CONNECTIONS}
