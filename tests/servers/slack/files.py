"""files.*: the three steps of an upload."""

from aiohttp import web

from tests.servers.slack.arguments import Arguments
from tests.servers.slack.blocks import check_blocks, with_ids
from tests.servers.slack.chat import begin_reply, notice
from tests.servers.slack.core import Call, Slack, Upload
from tests.servers.slack.method import Caller, Method
from tests.servers.slack.refusal import Refused
from tests.servers.slack.world import Json, Message

_WRITE = frozenset({"files:write"})


def _begin(caller: Caller, arguments: Arguments) -> Json:
    slack = caller.slack
    name, length = arguments.need("filename"), arguments.number("length", 0)
    if length <= 0:
        raise Refused("invalid_arguments")
    upload = Upload(slack.world.id("F"), name, length)
    slack.uploads[upload.id] = upload
    return {"upload_url": f"{slack.url}/upload/v1/{upload.id}", "file_id": upload.id}


async def serve_upload(slack: Slack, request: web.Request) -> web.Response:
    """Take a file's bytes: the body itself, or the first part of a form."""
    upload = slack.uploads.get(request.match_info["file"])
    call = Call("upload", {"file": request.match_info["file"]}, "", slack.clock())
    slack.calls.append(call)
    if upload is None or upload.is_complete:
        call.outcome = "http 404"
        return web.Response(status=404)
    content = await request.read()
    if request.content_type == "multipart/form-data":
        part = next(iter((await request.post()).values()))
        content = part.file.read() if isinstance(part, web.FileField) else str(part).encode()
    if len(content) != upload.length:
        call.outcome = "http 400"
        return web.Response(status=400, text="length mismatch")
    upload.content = content
    call.outcome = "ok"
    slack.changed()
    return web.Response(text=f"OK - {len(content)}", content_type="text/plain")


def _complete(caller: Caller, arguments: Arguments) -> Json:
    slack = caller.slack
    files = [_finished(slack, each) for each in arguments.objects("files")]
    if not files:
        raise Refused("invalid_arguments")
    if arguments.text("channel_id"):
        _share(caller, arguments, files)
    return {"files": [{"id": each["id"], "title": each["title"]} for each in files]}


def _finished(slack: Slack, named: Json) -> Json:
    upload = slack.uploads.get(str(named.get("id", "")))
    if upload is None or upload.content is None:
        raise Refused("file_not_found")
    if upload.is_complete:
        raise Refused("file_already_completed")
    upload.is_complete = True
    title = str(named.get("title") or upload.name)
    content = upload.content.decode(errors="replace")
    return {"id": upload.id, "name": upload.name, "title": title, "size": upload.length, "content": content}


def _share(caller: Caller, arguments: Arguments, files: list[Json]) -> None:
    channel = caller.writable(arguments.text("channel_id"))
    blocks = arguments.objects("blocks", "invalid_blocks_format")
    check_blocks(blocks)
    message = Message(
        caller.slack.world.ts(),
        channel.id,
        caller.team.bot.id,
        arguments.text("initial_comment"),
        with_ids(blocks),
        thread_ts=begin_reply(channel, arguments.text("thread_ts")),
        bot_id=caller.team.bot_id,
        app_id=caller.slack.world.app_id,
        subtype="file_share",
        files=files,
    )
    notice(caller, channel, message)
    caller.slack.post(message)


METHODS = {
    "files.completeUploadExternal": Method(_complete, _WRITE),
    "files.getUploadURLExternal": Method(_begin, _WRITE),
}
