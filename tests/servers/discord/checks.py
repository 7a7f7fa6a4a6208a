"""The sizes of a message and its parts, refused as Discord refuses them: 400 with code 50035."""

from tests.servers.discord.asking import EMPTY_MESSAGE, Invalid, Refused
from tests.servers.discord.mentions import check_allowed_mentions
from tests.servers.discord.records import Message, Payload

MAX_REQUEST_BYTES = 25 * 1024 * 1024
MAX_FILE_BYTES = 10 * 1024 * 1024
COMPONENTS_V2 = 1 << 15
EMBED_SIZES = {"title": 256, "description": 4096}
LAYOUTS = frozenset({9, 10, 12, 13, 14, 17})
"""The kinds of component that only a message of components v2 may hold."""


def size_of(text: str) -> int:
    """Count UTF-16 units: the largest of the counts in use, so what passes here passes there."""
    return len(text.encode("utf-16-le")) // 2


def check_message(body: Payload, *, has_files: bool, is_new: bool = True) -> None:
    """Raise Invalid for a body that breaks a size, Refused for one that shows nothing."""
    _check_text(body.get("content") or "", "content", 2000)
    _check_text(str(body.get("nonce") or ""), "nonce", 25)
    _check_embeds(body.get("embeds") or [])
    _check_rows(body.get("components") or [], is_v2=bool((body.get("flags") or 0) & COMPONENTS_V2))
    check_allowed_mentions(body.get("allowed_mentions"))
    if (body.get("flags") or 0) & COMPONENTS_V2 and (body.get("content") or body.get("embeds")):
        raise Invalid("content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", "Legacy fields are not allowed")
    shown = body.get("content") or body.get("embeds") or body.get("components") or body.get("sticker_ids")
    if is_new and not (shown or has_files or body.get("poll")):
        raise Refused(*EMPTY_MESSAGE)
    if is_new and not has_files and not (body.get("content") or "x").strip() and not body.get("embeds"):
        raise Refused(*EMPTY_MESSAGE)


def check_edit(message: Message, body: Payload, *, has_files: bool) -> None:
    """Raise for an edit that breaks a size, or that would take components v2 off a message again."""
    flags = (body.get("flags") or 0) | message.flags & COMPONENTS_V2
    check_message(body | {"flags": flags}, has_files=has_files, is_new=False)
    left = message.attachments if body.get("attachments") is None else body["attachments"]
    content = body.get("content", message.content) or ""
    others = body.get("embeds", message.embeds) or body.get("components", message.components)
    if not (content.strip() or others or left or has_files):
        raise Refused(*EMPTY_MESSAGE)


def _check_text(text: object, path: str, most: int, least: int = 0) -> None:
    if not isinstance(text, str):
        raise Invalid(path, "STRING_TYPE_CONVERT", "Could not interpret as string.")
    if size_of(text) > most:
        raise Invalid(path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
    if size_of(text) < least:
        raise Invalid(path, "BASE_TYPE_REQUIRED", "This field is required")


def _check_embeds(embeds: list[Payload]) -> None:
    if len(embeds) > 10:
        raise Invalid("embeds", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    total = 0
    for place, embed in enumerate(embeds):
        for path, text, most in _embed_texts(embed):
            _check_text(text, f"embeds.{place}.{path}", most)
            total += size_of(text)
        if len(embed.get("fields") or []) > 25:
            raise Invalid(f"embeds.{place}.fields", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    if total > 6000:
        raise Invalid("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")


def _embed_texts(embed: Payload) -> list[tuple[str, str, int]]:
    texts = [(name, embed.get(name) or "", most) for name, most in EMBED_SIZES.items()]
    texts.append(("footer.text", (embed.get("footer") or {}).get("text") or "", 2048))
    texts.append(("author.name", (embed.get("author") or {}).get("name") or "", 256))
    for place, part in enumerate(embed.get("fields") or []):
        texts.append((f"fields.{place}.name", part.get("name") or "", 256))
        texts.append((f"fields.{place}.value", part.get("value") or "", 1024))
    return texts


def _check_rows(rows: list[Payload], *, is_v2: bool) -> None:
    if is_v2:
        return
    if len(rows) > 5:
        raise Invalid("components", "BASE_TYPE_MAX_LENGTH", "Must be 5 or fewer in length.")
    seen: set[str] = set()
    for place, row in enumerate(rows):
        path = f"components.{place}"
        if row.get("type") != 1:
            raise Invalid(f"{path}.type", "UNION_TYPE_CHOICES", "Value of field 'type' must be one of (1,).")
        parts = row.get("components") or []
        if not 1 <= len(parts) <= 5:
            raise Invalid(f"{path}.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
        for number, part in enumerate(parts):
            _check_part(part, f"{path}.components.{number}", seen)


def _check_part(part: Payload, path: str, seen: set[str]) -> None:
    if part.get("type") in LAYOUTS:
        raise Invalid(f"{path}.type", "UNION_TYPE_CHOICES", "Value of field 'type' must be one of (2, 3, 5, 6, 7, 8).")
    if part.get("type") == 2:
        _check_text(part.get("label") or "", f"{path}.label", 80)
        if not part.get("label") and not part.get("emoji"):
            raise Invalid(path, "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "A button needs a label or an emoji")
        if part.get("style") == 5:
            _check_text(part.get("url") or "", f"{path}.url", 512, 1)
            return
    custom_id = part.get("custom_id") or ""
    _check_text(custom_id, f"{path}.custom_id", 100, 1)
    if custom_id in seen:
        raise Invalid(f"{path}.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
    seen.add(custom_id)
