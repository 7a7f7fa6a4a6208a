"""What every platform must do: the simulated one and the real adapters pass the same suite.

A test module subclasses PlatformContract and provides the fixture `stage`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from adapters.contract import Address, Content, DeletesMessages, FindsPosts, MessageReference, Platform
from adapters.errors import MessageGone, MessageTooLong, RateLimited
from adapters.limits import Limits


@dataclass(frozen=True, slots=True)
class Stage:
    """A platform to test, an address on it, and a way to read what people see there, oldest first."""

    platform: Platform
    address: Address
    read: Callable[[], Awaitable[list[str]]]


def fill(limits: Limits, size: int) -> str:
    """Return plain text of exactly this size."""
    return "a" * (size // limits.measure("a"))


class PlatformContract:
    """The suite."""

    async def test_a_post_is_seen(self, stage: Stage) -> None:
        receipt = await stage.platform.post(stage.address, Content("first"), key="t1:0")
        assert receipt.reference.address == stage.address
        assert await stage.read() == ["first"]

    async def test_an_edit_replaces_the_text_and_adds_no_message(self, stage: Stage) -> None:
        receipt = await stage.platform.post(stage.address, Content("first", is_live=True), key="t1:0")
        again = await stage.platform.edit(receipt.reference, Content("second"))
        assert again.reference == receipt.reference
        assert await stage.read() == ["second"]

    async def test_an_edit_needs_only_the_stored_strings_of_a_reference(self, stage: Stage) -> None:
        receipt = await stage.platform.post(stage.address, Content("first"), key="t1:0")
        stored = receipt.reference
        address = Address(
            stored.address.platform, stored.address.workspace, stored.address.channel, stored.address.thread
        )
        await stage.platform.edit(MessageReference(address, stored.message), Content("second"))
        assert await stage.read() == ["second"]

    async def test_posts_stand_in_the_order_in_which_they_were_made(self, stage: Stage) -> None:
        for number in range(3):
            await stage.platform.post(stage.address, Content(f"part {number}"), key=f"t1:{number}")
        assert await stage.read() == ["part 0", "part 1", "part 2"]

    async def test_a_text_of_the_full_size_can_be_posted_and_edited(self, stage: Stage) -> None:
        limits = stage.platform.limits
        receipt = await stage.platform.post(stage.address, Content(fill(limits, limits.max_size)), key="t1:0")
        await stage.platform.edit(receipt.reference, Content(fill(limits, limits.max_size)))

    async def test_a_text_that_is_too_large_is_refused_and_not_cut(self, stage: Stage) -> None:
        limits = stage.platform.limits
        with pytest.raises(MessageTooLong):
            await stage.platform.post(stage.address, Content(fill(limits, 4 * limits.max_post_size)), key="t1:0")
        assert await stage.read() == []

    async def test_a_message_that_does_not_exist_is_gone(self, stage: Stage) -> None:
        receipt = await stage.platform.post(stage.address, Content("first"), key="t1:0")
        if not isinstance(stage.platform, DeletesMessages):
            pytest.skip("messages can't be deleted here")
        await stage.platform.delete(receipt.reference)
        await stage.platform.delete(receipt.reference)
        with pytest.raises(MessageGone):
            await stage.platform.edit(receipt.reference, Content("second"))

    async def test_a_post_is_found_by_its_key_or_its_repetition_does_nothing(self, stage: Stage) -> None:
        receipt = await stage.platform.post(stage.address, Content("first"), key="t1:0")
        if isinstance(stage.platform, FindsPosts):
            assert await stage.platform.find(stage.address, "t1:0") == receipt.reference
            assert await stage.platform.find(stage.address, "t1:1") is None
        else:
            again = await stage.platform.post(stage.address, Content("first"), key="t1:0")
            assert again.reference == receipt.reference
        assert await stage.read() == ["first"]

    async def test_too_many_calls_are_refused_with_the_time_to_wait(self, stage: Stage) -> None:
        receipt = await stage.platform.post(stage.address, Content("first"), key="t1:0")

        async def insist() -> None:
            for number in range(100):
                await stage.platform.edit(receipt.reference, Content(f"edit {number}"))

        with pytest.raises(RateLimited) as refused:
            await insist()
        assert 0 < refused.value.retry_after <= 60
