"""What the bot may say of itself: for whom it speaks, in which fields, and how people reach a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.desk import Field
from agents.domains import Domains

EXAMPLES_SHOWN = 4
"""Questions to begin with, of each field: as many as Slack suggests at once."""


@dataclass(frozen=True, slots=True)
class About:
    """Whom the bot speaks for. `fields` are by the domain's name; `contact` is the way to reach a person, if any."""

    company: str = "the company"
    contact: str | None = None
    fields: Mapping[str, Field] = field(default_factory=dict)

    def title_of(self, domain: str | None) -> str:
        """Return what people call a domain; empty for one that isn't known."""
        known = self.fields.get(domain or "")
        return known.title if known else ""


def build_about(company: str, contact: str | None, domains: Domains) -> About:
    """Return what `domains` tell, with a few example questions that read like questions."""
    fields = {
        domain.name: Field(domain.title, domain.description, _choose(domain.examples)) for domain in domains.domains
    }
    return About(company, contact, fields)


def _choose(examples: tuple[str, ...]) -> tuple[str, ...]:
    """Return the first whole questions, which tell a newcomer more than a few loose words."""
    whole = [text for text in examples if text.endswith("?")]
    chosen = (whole + [text for text in examples if text not in whole])[:EXAMPLES_SHOWN]
    return tuple(text[0].upper() + text[1:] for text in chosen)
