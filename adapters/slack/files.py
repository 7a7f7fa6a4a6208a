"""A file below an answer: asked for, handed in and shared, which takes three calls."""

import hashlib
from pathlib import PurePath

from adapters.errors import NotPermitted
from adapters.slack.addresses import Place
from adapters.slack.calls import SlackCalls
from adapters.slack.threads import SlackThreads


class SlackFiles:
    """Share text files in threads, once for each key."""

    def __init__(self, calls: SlackCalls, threads: SlackThreads) -> None:
        self._calls = calls
        self._threads = threads

    async def upload(self, place: Place, name: str, text: str, key: str) -> None:
        """Share a file, unless it is there already: its name holds a trace of the key, for it carries no metadata."""
        path = PurePath(name)
        own_name = f"{path.stem}-{hashlib.sha256(key.encode()).hexdigest()[:8]}{path.suffix}"
        if await self._threads.has_file(place, own_name):
            return
        data = text.encode("utf-8", "replace")
        ticket = await self._calls.read(
            place.team, "files.getUploadURLExternal", {"filename": own_name, "length": len(data)}
        )
        url, file_id = ticket.get("upload_url"), ticket.get("file_id")
        if not url or not file_id:
            raise NotPermitted("a place for the file, which Slack did not name")
        await self._calls.send_bytes(str(url), data)
        share: dict[str, object] = {"files": [{"id": file_id, "title": name}], "channel_id": place.channel}
        if place.thread:
            share["thread_ts"] = place.thread
        await self._calls.write(place.team, "files.completeUploadExternal", share)
