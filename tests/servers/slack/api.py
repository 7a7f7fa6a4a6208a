"""The registry of Web API methods: which token and scopes each needs, and its handler."""

from tests.servers.slack import chat, connections, conversations, directory, files, streams, surfaces
from tests.servers.slack.method import Method


def all_methods() -> dict[str, Method]:
    """Return every method by its name."""
    modules = (chat, connections, conversations, directory, files, streams, surfaces)
    return {name: method for module in modules for name, method in module.METHODS.items()}
