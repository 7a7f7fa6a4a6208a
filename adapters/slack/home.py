"""What a newcomer sees: the app's home tab, the answer to `/support help` and the prompts to begin with. Pure."""

import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from adapters.desk import Field, Talk, Welcome
from adapters.slack.commands import NAME
from adapters.slack.plain import shorten
from adapters.slack.render import escape

Json: TypeAlias = dict[str, object]

# Slack's limits: blocks in a view, characters of a section, of a header and of a button's URL.
MAX_BLOCKS = 100
MAX_SECTION_CHARS = 3_000
MAX_HEADER_CHARS = 150
_MAX_LINE_CHARS = 400
_MAX_FIELDS = 40
_LINK = re.compile(r"https?://[^\s<>|]{1,500}")

_WAYS = (
    "*Mention me* in a channel: I answer in a thread, and there you can go on without mentioning me.",
    "*Write to me* under Messages: each message begins a conversation of its own.",
    f"*`{NAME} your question`* in any channel: only you see the answer, until you share it.",
    "*Ask Firstline about this* in the menu of a message: I answer below it.",
    "*Stop* me with the button, or with :x: on your question or on my answer.",
)


def build_home(welcome: Welcome, links: Sequence[str] = ()) -> Json:
    """Return the view of the home tab; `links` are those of the talks, in their order, empty where there is none."""
    blocks = [
        _header(f"{welcome.company} support" if welcome.company else "Support"),
        _section("I answer from the documentation and say where each answer comes from."),
        _section(_join(f"• {way}" for way in _WAYS)),
    ]
    if welcome.fields:
        blocks += [_divider(), _header("What I know about")]
        blocks += [_section(_describe(field)) for field in welcome.fields[:_MAX_FIELDS]]
    blocks += [_divider(), _header("Your last conversations"), _section(_list_talks(welcome.talks, links))]
    blocks += [_divider(), _header("When you need a person"), _section(_tell_contact(welcome.contact))]
    return {"type": "home", "blocks": blocks[:MAX_BLOCKS]}


def build_help(welcome: Welcome) -> str:
    """Return the answer to a call for help, in Slack's own markup."""
    lines = [
        f"`{NAME} your question`: I answer, and only you see it.",
        f"`{NAME} stop`: end the private answer under way. In a thread, use its Stop button, or :x: on your question.",
        f"`{NAME} new`: forget what we said before in private here.",
        f"`{NAME} human`: talk to a person. {_tell_contact(welcome.contact)}",
        f"`{NAME} mute` · `{NAME} unmute`: keep me silent in our private conversation here, or not.",
        f"`{NAME} resume`: for support staff: give the conversation back to me.",
    ]
    if welcome.fields:
        lines.append("I know about: " + ", ".join(escape(field.title) for field in welcome.fields) + ".")
    return _join(lines)


def _describe(field: Field) -> str:
    lines = [f"*{_line(field.title)}*", _line(field.description)]
    lines += [f"• {_line(example)}" for example in field.examples[:2]]
    return _join(line for line in lines if line)


def _list_talks(talks: Sequence[Talk], links: Sequence[str]) -> str:
    if not talks:
        return "None yet: ask me something."
    padded = [*links, *[""] * len(talks)]
    return _join(f"• {_tell_talk(talk, link)}" for talk, link in zip(talks, padded, strict=False))


def _tell_talk(talk: Talk, link: str) -> str:
    # Each reader sees the date in their own time zone; what follows `|` is for clients that can't.
    when = f"<!date^{int(talk.at)}^{{date_short_pretty}}, {{time}}|earlier>"
    title = _line(talk.title) or "Conversation"
    return f"<{link}|{title}> · {when}" if _LINK.fullmatch(link) else f"{title} · {when}"


def _tell_contact(contact: str | None) -> str:
    if contact is None:
        return "Ask an administrator of this workspace."
    return f"You can reach people here: {_line(contact)}"


def _header(text: str) -> Json:
    return {"type": "header", "text": {"type": "plain_text", "text": shorten(text, MAX_HEADER_CHARS)}}


def _section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _divider() -> Json:
    return {"type": "divider"}


def _line(text: str) -> str:
    return escape(shorten(text, _MAX_LINE_CHARS))


def _join(lines: Iterable[str]) -> str:
    """Return as many whole lines as a section holds, so that no link is cut in two."""
    text = ""
    for line in lines:
        if len(text) + len(line) + 1 > MAX_SECTION_CHARS:
            break
        text += f"\n{line}" if text else line
    return text
