from agents.search_only import choose, quote
from knowledge.contract import Hit, Passage
from tests.fakes.memory_knowledge import MemoryKnowledge, passage

HOURS = passage("general/hours.md", "Monday to Friday.", section="Hours", position=0)
PHONE = passage("general/hours.md", "Call 555-0100.", section="Phone", position=1)
LONG = passage("general/hours.md", "Chat. " * 220, section="Chat", position=2)
OTHER = passage("billing/refunds.md", "Refunds take five days.", section="Refunds")


def hits(*passages: Passage) -> list[Hit]:
    return [Hit(found, 1.0 - rank / 10, 0.9) for rank, found in enumerate(passages)]


async def test_two_sources_are_quoted_with_their_citations() -> None:
    evidence = await choose(hits(OTHER, HOURS, PHONE), MemoryKnowledge([OTHER]), is_covered=True)
    assert "".join(quote(evidence)).endswith(
        "**refunds.md > Refunds** [1]\n\n> Refunds take five days.\n\n**hours.md > Hours** [2]\n\n> Monday to Friday."
    )


async def test_a_neighbouring_section_that_was_found_too_is_quoted_after_the_best() -> None:
    evidence = await choose(hits(PHONE, OTHER, HOURS), MemoryKnowledge([HOURS, PHONE]), is_covered=True)
    assert evidence.passages[0].text == "Call 555-0100.\n\n**Hours**\n\nMonday to Friday."
    assert evidence.passages[0].link == PHONE.link
    assert len(evidence.passages) == 2


async def test_a_neighbour_that_does_not_fit_is_a_source_of_its_own() -> None:
    evidence = await choose(hits(PHONE, LONG), MemoryKnowledge([PHONE, LONG]), is_covered=True)
    assert [source.text for source in evidence.passages] == [PHONE.text, LONG.text]


async def test_a_second_passage_of_the_same_section_does_not_take_the_second_source() -> None:
    again = passage("general/hours.md", "Sunday closed.", section="Hours", position=9)
    evidence = await choose(hits(HOURS, again, OTHER), MemoryKnowledge([]), is_covered=True)
    assert [source.document for source in evidence.passages] == ["general/hours.md", "billing/refunds.md"]
