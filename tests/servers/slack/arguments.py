"""The arguments of a Web API call: JSON or form-encoded, the way both of Slack's parsers take them."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from tests.servers.slack.refusal import Refused
from tests.servers.slack.world import Json


class Arguments:
    """Typed reading of a call's arguments."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = dict(values)

    def text(self, name: str) -> str:
        """Return a string, empty when absent."""
        value = self.values.get(name)
        return "" if value is None else str(value)

    def need(self, name: str, error: str = "invalid_arguments") -> str:
        """Return a string that must be there."""
        value = self.text(name)
        if not value:
            raise Refused(error, response_metadata={"messages": [f"[ERROR] missing required field: {name}"]})
        return value

    def flag(self, name: str) -> bool:
        """Return a boolean; forms carry 1 and 0."""
        return self.text(name).lower() in {"1", "true"}

    def number(self, name: str, default: int) -> int:
        """Return a whole number."""
        try:
            return int(self.text(name) or default)
        except ValueError:
            raise Refused("invalid_arguments") from None

    def structure(self, name: str, error: str = "invalid_arguments") -> Any:
        """Return a list or an object; forms carry them as JSON in a string."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise Refused(error) from None

    def strings(self, name: str) -> list[str]:
        """Return a list of strings, empty when absent."""
        value = self.structure(name) or []
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise Refused("invalid_arguments")
        return value

    def objects(self, name: str, error: str = "invalid_arguments") -> list[Json]:
        """Return a list of objects, empty when absent."""
        value = self.structure(name, error) or []
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise Refused(error)
        return value


async def read_arguments(request: web.Request) -> Arguments:
    """Read the query and the body."""
    values: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.read() or b"{}")
        except ValueError:
            raise Refused("invalid_json") from None
        if not isinstance(body, dict):
            raise Refused("json_not_object")
        values |= body
    elif request.method == "POST":
        values |= dict(await request.post())
    return Arguments({name: value for name, value in values.items() if value is not None})


def token_of(request: web.Request, arguments: Arguments) -> str:
    """Return the token, which comes as a header or as an argument."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else arguments.text("token")
