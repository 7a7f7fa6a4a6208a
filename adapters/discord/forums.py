"""Marking a forum's post as solved, when the person who opened it found the answer helpful."""

import logging

from adapters.discord.atlas import Atlas
from adapters.discord.payload import part, snowflakes
from adapters.discord.places import Place, PlaceKind
from adapters.discord.rest import DiscordRest
from adapters.errors import AdapterError

_log = logging.getLogger(__name__)
_MAX_TAGS = 5


async def mark_solved(rest: DiscordRest, atlas: Atlas, place: Place, *, by: str) -> bool:
    """Apply the forum's tag for solved posts, if it has one and this person opened the post; return whether it is on.

    A failure is logged: people were thanked for their feedback already, and only the operator can mend it.
    """
    tag = atlas.solved_tag(place.parent)
    if place.kind is not PlaceKind.FORUM_POST or place.owner != by or not tag:
        return False
    try:
        post = (await rest.call("GET", f"/channels/{place.channel}")).json
        applied = snowflakes(part(post), "applied_tags")
        if tag not in applied and len(applied) < _MAX_TAGS:
            await rest.call("PATCH", f"/channels/{place.channel}", {"applied_tags": [*sorted(applied), tag]})
    except AdapterError as error:
        _log.warning("post %s could not be marked as solved: %s", place.channel, error)
        return False
    return True
