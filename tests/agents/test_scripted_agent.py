"""The scripted agent keeps the contract, so that what is tested against it holds for the real one."""

import pytest

from tests.contracts.agent import AgentContract
from tests.fakes.agent import ScriptedAgent


class TestScriptedAgent(AgentContract):
    @pytest.fixture
    def agent(self) -> ScriptedAgent:
        return ScriptedAgent()
