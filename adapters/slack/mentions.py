"""What people typed, out of Slack's own writing: the text as Markdown, and whom it names.

Slack writes a user as `<@U…>`, a channel as `<#C…|name>`, a link as `<url|label>`, a group as `<!subteam^S…|@name>` and
escapes `&`, `<` and `>` everywhere else, so that an unescaped `<` always begins one of these.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

_ENTITY = re.compile(r"<([^<>]+)>")
_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_BOLD = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
_STRUCK = re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])")
_GAP = re.compile(r"[ \t]{2,}")
# What is left in front when a text begins with the bot's name: "<@U1>: how …", "<@U1>, how …".
_AFTER_NAME = " \t\n,:;-"


@dataclass(frozen=True, slots=True)
class Said:
    """What a text says. `mentions` are the ids of the people in it, without ours."""

    text: str
    is_addressed: bool = False
    mentions: frozenset[str] = frozenset()


def read_text(raw: str, me: str = "") -> Said:
    """Return what a text of Slack says; `me` is the user id of the bot, whose mention is left out."""
    named = [entity[1:].partition("|")[0] for entity in _ENTITY.findall(raw) if entity.startswith("@")]
    is_addressed = bool(me) and me in named
    text = "".join(_to_markdown(piece, me) for piece in _CODE.split(raw))
    if is_addressed:
        text = _GAP.sub(" ", text) if "`" not in text else text
        text = text.lstrip(_AFTER_NAME)
    return Said(text.strip(), is_addressed, frozenset(named) - {me, ""})


def _to_markdown(piece: str, me: str) -> str:
    if not piece.startswith("`"):
        piece = _STRUCK.sub(r"~~\1~~", _BOLD.sub(r"**\1**", piece))
    return _unescape(_ENTITY.sub(lambda found: _say(found[1], me), piece))


def _say(entity: str, me: str) -> str:
    body, _, label = entity.partition("|")
    speak = _SPEAKERS.get(body[:1])
    if speak is not None:
        return "" if me and body == f"@{me}" else speak(body[1:], label)
    return _link(body, label)


def _user(user: str, label: str) -> str:
    return f"@{label or user}"


def _channel(channel: str, label: str) -> str:
    return f"#{label or channel}"


def _special(body: str, label: str) -> str:
    """Say `!here`, `!subteam^S1` or `!date^…`: the label is what people saw."""
    return label or f"@{body.partition('^')[0]}"


_SPEAKERS: dict[str, Callable[[str, str], str]] = {"@": _user, "#": _channel, "!": _special}


def _link(url: str, label: str) -> str:
    plain = url.removeprefix("mailto:").removeprefix("tel:")
    is_same = label.rstrip("/") in {plain.rstrip("/"), plain.partition("://")[2].rstrip("/")}
    return plain if not label or is_same else f"[{label}]({url})"


def _unescape(text: str) -> str:
    """Undo what Slack escapes; the ampersand last, so that what people typed as `&lt;` stays that."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def escape(text: str) -> str:
    """Escape what Slack would read as a mention or a link, so that a text can ping nobody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
