"""What a message of ours looks like on Discord: content, footer and buttons as the API takes them. Pure.

`footer_size` is the room that a reply keeps free, so that sources stand below the text or, where they don't fit, in a
message of their own; a link is never cut.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from adapters.contract import Content, Controls, SourceLink
from adapters.discord.actions import ButtonAction, build_custom_id
from adapters.discord.dialect import to_discord
from adapters.limits import Limits, build_discord_limits
from adapters.markdown.neutralise import PingRule, neutralise

SUPPRESS_EMBEDS = 1 << 2
EPHEMERAL = 1 << 6

_ROW, _BUTTON = 1, 2
_PRIMARY, _SECONDARY = 1, 2
_MAX_TITLE = 80
_MAX_LINK = 400
_MAX_FOOTER = 1_900
# A message needs some text: what stands for none.
_NOTHING = "…"
_LINK = re.compile(r"https?://[^\s<>]+\Z", re.IGNORECASE)
_MARKUP = re.compile(r"([\\\[\]()*_~`|<>#])")
_SPACE = re.compile(r"\s+")


def build_limits() -> Limits:
    """Return Discord's limits, which count a text as it is sent."""
    return replace(build_discord_limits(), escape=to_discord)


def build_message(content: Content, *, key: str = "", group: str = "", is_private: bool = False) -> dict[str, object]:
    """Return the body of a post or an edit.

    `key` goes into the buttons of a post, so that it can be found by them. `group` is the support team's role.
    """
    text = to_discord(neutralise(content.text, PingRule(), content.may_ping))
    if group in content.may_ping:
        text = text.replace(f"<@{group}>", f"<@&{group}>")
    return {
        "content": _add_footer(text, build_footer(content)) or _NOTHING,
        "flags": SUPPRESS_EMBEDS,
        "allowed_mentions": build_allowed_mentions(content.may_ping, group),
        "components": _build_components(content, key, is_private=is_private),
    }


def build_allowed_mentions(may_ping: Iterable[str] = (), group: str = "") -> dict[str, object]:
    """Return who may be notified: said on every call, since Discord's default is everybody."""
    ids = sorted(identity for identity in may_ping if identity.isdecimal())
    return {
        "parse": [],
        "users": [identity for identity in ids if identity != group],
        "roles": [identity for identity in ids if identity == group],
        "replied_user": False,
    }


def footer_size(content: Content) -> int:
    """Return the room that sources take below the text of a last message; the route may be missing there."""
    footer = "\n".join(_build_sources(content))
    return build_discord_limits().measure("\n\n" + footer) if footer else 0


def build_footer(content: Content) -> str:
    """Return the small lines below the last message: each source with its link, and the field of support."""
    if not content.is_last or content.is_live:
        return ""
    route = [f"-# {_escape(content.route)}"] if content.route.strip() else []
    return "\n".join(_build_sources(content) + route)


def _build_sources(content: Content) -> list[str]:
    """Return a line for each source, as far as all of them fit a message."""
    measure = build_discord_limits().measure
    lines: list[str] = []
    size = 0
    for index, source in enumerate(content.sources):
        line = _build_source(source)
        size += measure(line) + 1
        if size > _MAX_FOOTER:
            lines.append(f"-# … and {len(content.sources) - index} more")
            break
        lines.append(line)
    return lines


def _build_source(source: SourceLink) -> str:
    title = _escape(source.title or source.document) or "source"
    link = _read_link(source.link)
    # The angle brackets keep a preview away where flags are not honoured.
    return f"-# [{source.number}] [{title}](<{link}>)" if link else f"-# [{source.number}] {title}"


def _read_link(link: str) -> str:
    """Return a link that Discord opens, or nothing: a cut one would lead astray."""
    return link if _LINK.match(link) and len(link) <= _MAX_LINK else ""


def _escape(title: str) -> str:
    """Return a title on one line that can't end the link around it, ping, or become a link itself."""
    plain = _SPACE.sub(" ", title).strip()
    if len(plain) > _MAX_TITLE:
        plain = plain[: _MAX_TITLE - 1].rstrip() + "…"
    return neutralise(_MARKUP.sub(r"\\\1", plain).replace("://", ":\u2060//"), PingRule())


def _add_footer(text: str, footer: str) -> str:
    """Return the text with as much of the footer below it as fits."""
    limits = build_discord_limits()
    lines = footer.splitlines()
    while lines:
        whole = "\n\n".join(part for part in (text.rstrip(), "\n".join(lines)) if part)
        if limits.measure(whole) <= limits.max_size:
            return whole
        lines.pop()
    return text if text.strip() else ""


def _build_components(content: Content, key: str, *, is_private: bool) -> list[object]:
    buttons = _choose_buttons(content, is_private=is_private)
    if not buttons:
        return []
    row = [_build_button(action, key) for action in buttons]
    return [{"type": _ROW, "components": row}]


def _choose_buttons(content: Content, *, is_private: bool) -> tuple[ButtonAction, ...]:
    if content.controls is Controls.GIVE_BACK:
        return (ButtonAction.RESUME,)
    if content.controls is Controls.NONE:
        return ()
    if content.is_live:
        return (ButtonAction.STOP,)
    if not content.is_last:
        return ()
    feedback = (ButtonAction.HELPFUL, ButtonAction.UNHELPFUL, ButtonAction.PERSON)
    return (*feedback, ButtonAction.SHARE) if is_private else feedback


_FACES = {
    ButtonAction.STOP: ("Stop", "⏹️"),
    ButtonAction.HELPFUL: ("Helpful", "👍"),
    ButtonAction.UNHELPFUL: ("Not helpful", "👎"),
    ButtonAction.PERSON: ("Talk to a person", "🙋"),
    ButtonAction.SHARE: ("Share with everyone", "📣"),
    ButtonAction.RESUME: ("Give back to the bot", "↩️"),
}


def _build_button(action: ButtonAction, key: str) -> dict[str, object]:
    label, emoji = _FACES[action]
    style = _PRIMARY if action is ButtonAction.RESUME else _SECONDARY
    return {
        "type": _BUTTON,
        "style": style,
        "label": label,
        "emoji": {"name": emoji},
        "custom_id": build_custom_id(action, key),
    }
