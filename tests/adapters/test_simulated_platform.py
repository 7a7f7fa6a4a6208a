import asyncio

import pytest

from adapters.contract import Address
from adapters.limits import build_discord_limits, build_slack_limits
from tests.contracts.platform import PlatformContract, Stage
from tests.fakes.simulated_platform import SimulatedPlatform


class TestSimulatedPlatform(PlatformContract):
    @pytest.fixture(params=["slack", "discord"])
    async def stage(self, request: pytest.FixtureRequest) -> Stage:
        limits = build_slack_limits() if request.param == "slack" else build_discord_limits()
        platform = SimulatedPlatform(limits, asyncio.get_running_loop().time)
        address = Address("sim", "team", "channel")

        async def read() -> list[str]:
            return platform.visible(address)

        return Stage(platform, address, read)
