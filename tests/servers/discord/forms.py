"""The sizes of choices, modals and commands, refused as Discord refuses them."""

import re

from tests.servers.discord.asking import Invalid
from tests.servers.discord.checks import size_of
from tests.servers.discord.records import Payload

CHAT_INPUT, USER_MENU, MESSAGE_MENU = 1, 2, 3
MOST_OF_TYPE = {CHAT_INPUT: 100, USER_MENU: 5, MESSAGE_MENU: 5}
NAME = re.compile(r"[-_'\w]{1,32}")
SUB_COMMAND, GROUP, STRING = 1, 2, 3


def check_choices(choices: list[Payload], path: str) -> None:
    """Refuse more than 25 choices, and names or values of more than 100 characters."""
    if len(choices) > 25:
        raise Invalid(path, "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for place, choice in enumerate(choices):
        _check_size(choice.get("name"), f"{path}.{place}.name", 1, 100)
        if isinstance(choice.get("value"), str):
            _check_size(choice["value"], f"{path}.{place}.value", 1, 100)


def check_modal(data: Payload) -> None:
    """Refuse a form without a title, an id or parts, or with more than five parts."""
    _check_size(data.get("title"), "data.title", 1, 45)
    _check_size(data.get("custom_id"), "data.custom_id", 1, 100)
    if not 1 <= len(data.get("components") or []) <= 5:
        raise Invalid("data.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")


def check_commands(commands: list[Payload]) -> None:
    """Refuse a bulk overwrite that breaks a rule anywhere: then nothing of it is taken over."""
    seen: set[tuple[int, str]] = set()
    for place, command in enumerate(commands):
        key = (command.get("type", CHAT_INPUT), command.get("name", ""))
        if key in seen:
            raise Invalid("name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
        seen.add(key)
        check_command(command, f"{place}.")
    for kind, most in MOST_OF_TYPE.items():
        if sum(each.get("type", CHAT_INPUT) == kind for each in commands) > most:
            raise Invalid("_", "APPLICATION_COMMANDS_MAX", f"Maximum number of application commands reached ({most}).")


def check_command(command: Payload, path: str = "") -> None:
    """Refuse one command that breaks a rule."""
    if command.get("type", CHAT_INPUT) != CHAT_INPUT:
        _check_size(command.get("name"), f"{path}name", 1, 32)
        if command.get("description"):
            message = "Context menu commands cannot have description"
            raise Invalid(f"{path}description", "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION", message)
        if command.get("options"):
            raise Invalid(f"{path}options", "APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS", "No options here")
        return
    _check_name(command.get("name"), f"{path}name")
    _check_size(command.get("description"), f"{path}description", 1, 100)
    _check_options(command.get("options") or [], f"{path}options")


def _check_options(options: list[Payload], path: str) -> None:
    if len(options) > 25:
        raise Invalid(path, "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    names = [each.get("name") for each in options]
    if len(set(names)) < len(names):
        raise Invalid(path, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option name already exists")
    is_optional_seen = False
    for place, option in enumerate(options):
        where = f"{path}.{place}"
        _check_name(option.get("name"), f"{where}.name")
        _check_size(option.get("description"), f"{where}.description", 1, 100)
        _check_option(option, where)
        is_required = bool(option.get("required"))
        if is_required and is_optional_seen:
            message = "Required options must be placed before non-required options"
            raise Invalid(where, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
        is_optional_seen |= not is_required


def _check_option(option: Payload, path: str) -> None:
    if option.get("type") in {SUB_COMMAND, GROUP}:
        _check_options(option.get("options") or [], f"{path}.options")
        return
    choices = option.get("choices") or []
    check_choices(choices, f"{path}.choices")
    if choices and option.get("autocomplete"):
        message = "Choices and autocomplete exclude each other"
        raise Invalid(f"{path}.choices", "APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID", message)


def _check_name(name: object, path: str) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name) or name != name.lower():
        raise Invalid(path, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _check_size(text: object, path: str, least: int, most: int) -> None:
    if not isinstance(text, str) or not text:
        raise Invalid(path, "BASE_TYPE_REQUIRED", "This field is required")
    if not least <= size_of(text) <= most:
        raise Invalid(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")
