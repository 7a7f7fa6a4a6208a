"""Where platforms hand in what happens on them: the bot's side of `adapters.desk`."""

from adapters.contract import IncomingMessage, Kind
from adapters.desk import Reception, Welcome
from bot.about import About
from bot.gate import Answer, Refuse
from bot.intake import Intake

_INTERACTIONS = frozenset({Kind.COMMAND, Kind.BUTTON})


class BotDesk:
    """Passes `adapters.desk.FrontDesk`."""

    def __init__(self, *, intake: Intake, about: About) -> None:
        self._intake = intake
        self._about = about

    async def receive(self, message: IncomingMessage) -> Reception:
        """Decide about an event and do it. Only once this has returned may the platform be told "received"."""
        decision = await self._intake.receive(message)
        is_interaction = message.kind in _INTERACTIONS
        if isinstance(decision, Refuse):
            return Reception(notice=decision.text) if is_interaction else Reception(is_question=True)
        return Reception(is_question=isinstance(decision, Answer))

    async def welcome(self, person: str = "", *, platform: str = "", workspace: str = "") -> Welcome:  # noqa: ARG002 - talks follow
        """Return what to tell a person, with their last conversations on a platform when a person is named."""
        return Welcome(self._about.company, tuple(self._about.fields.values()), self._about.contact)
