"""The client that all else makes its calls with."""

import socket

import pytest

from adapters.slack.client import open_client


async def test_a_slack_that_says_nothing_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/api/"
        async with open_client(url, seconds=0.1) as client:
            with pytest.raises(TimeoutError):
                await client.auth_test()


async def test_no_call_takes_longer_than_whoever_waits_for_it_would() -> None:
    async with open_client("http://127.0.0.1:9/api/") as client:
        assert client.session is not None
        assert client.session.timeout.total == 10
