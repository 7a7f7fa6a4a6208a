from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import Address
from adapters.discord.addresses import (
    Interaction,
    build_address,
    build_conversation_id,
    read_channel,
    read_interaction,
)
from adapters.discord.payload import first_snowflake, time_of

SNOWFLAKES = st.integers(min_value=1 << 22, max_value=(1 << 63) - 1).map(str)


def test_conversations_are_named_by_guild_and_channel_and_private_ones_by_the_person_too() -> None:
    assert build_conversation_id("7", "8") == "discord:7:8"
    assert build_conversation_id("", "8") == "discord:dm:8"
    assert build_conversation_id("7", "8", private_to="9") == "discord:7:8:9"


def test_the_time_of_a_snowflake_is_the_one_that_discord_documents() -> None:
    assert time_of("175928847299117063") == 1462015105.796
    assert first_snowflake(1462015105.796) == 175928847299117063 >> 22 << 22
    assert first_snowflake(0.0) == 0


@given(guild=SNOWFLAKES | st.just(""), channel=SNOWFLAKES)
def test_a_channel_can_be_read_from_its_stored_address(guild: str, channel: str) -> None:
    address = build_address(guild, channel)
    assert read_channel(address) == channel
    assert read_interaction(address) is None


@given(
    interaction=st.builds(
        Interaction,
        id=SNOWFLAKES,
        application=SNOWFLAKES,
        user=SNOWFLAKES,
        token=st.text(min_size=1),
        is_ephemeral=st.booleans(),
    ),
    channel=SNOWFLAKES,
)
def test_an_interaction_can_be_read_from_the_stored_strings_of_its_address(
    interaction: Interaction, channel: str
) -> None:
    address = build_address("7", channel, interaction)
    stored = Address(address.platform, address.workspace, address.channel, address.thread)
    assert read_interaction(stored) == interaction
    assert read_channel(stored) == channel


def test_an_interactions_token_is_not_in_its_repr() -> None:
    assert "secret" not in repr(Interaction("1", "2", "3", "secret"))
