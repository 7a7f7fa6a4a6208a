"""Tokens at rest: sealed with the operator's key before a store sees them, opened when they are used.

Fernet is AES-128-CBC with HMAC-SHA256. Several keys allow for a change of key: the first seals, each opens.
"""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from slack_sdk.oauth.installation_store.models.bot import Bot
from slack_sdk.oauth.installation_store.models.installation import Installation

from adapters.errors import StartRefused

SECRETS_OF_BOT = ("bot_token", "bot_refresh_token")
SECRETS_OF_INSTALLATION = (
    *SECRETS_OF_BOT,
    "user_token",
    "user_refresh_token",
    "incoming_webhook_url",
    "incoming_webhook_configuration_url",
)

_MAKE_ONE = 'make one: python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'


class Unopenable(Exception):
    """What is stored was sealed with a key that isn't at hand, or was changed."""


class Seal:
    """Seals and opens with the keys of one setting: keys of Fernet, separated by commas."""

    def __init__(self, keys: str) -> None:
        """Raises StartRefused, one line that names the setting and never a key."""
        parts = [part.strip() for part in keys.split(",") if part.strip()]
        if not parts:
            raise StartRefused(
                f"FIRSTLINE_SECRET_KEY is missing: installations' tokens are encrypted with it; {_MAKE_ONE}"
            )
        try:
            self._keys = MultiFernet([Fernet(part) for part in parts])
        except ValueError:
            raise StartRefused(f"FIRSTLINE_SECRET_KEY holds something that is no key; {_MAKE_ONE}") from None
        self.is_changing = len(parts) > 1

    def close(self, secret: str) -> str:
        """Return a secret sealed with the first key."""
        return self._keys.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """Return what was sealed with any of the keys. Raises Unopenable."""
        try:
            return self._keys.decrypt(sealed).decode()
        except InvalidToken:
            raise Unopenable from None

    def renew(self, sealed: str) -> str:
        """Return the same secret sealed with the first key. Raises Unopenable."""
        try:
            return self._keys.rotate(sealed).decode()
        except InvalidToken:
            raise Unopenable from None

    def close_bot(self, bot: Bot) -> Bot:
        """Return a copy whose tokens are sealed."""
        return Bot(**{**bot.to_dict_for_copying(), **self._closed(bot, SECRETS_OF_BOT)})

    def open_bot(self, bot: Bot) -> Bot:
        """Return a copy whose tokens can be used. Raises Unopenable."""
        return Bot(**{**bot.to_dict_for_copying(), **self._opened(bot, SECRETS_OF_BOT)})

    def close_installation(self, installation: Installation) -> Installation:
        """Return a copy whose tokens are sealed."""
        sealed = self._closed(installation, SECRETS_OF_INSTALLATION)
        return Installation(**{**installation.to_dict_for_copying(), **sealed})

    def open_installation(self, installation: Installation) -> Installation:
        """Return a copy whose tokens can be used. Raises Unopenable."""
        opened = self._opened(installation, SECRETS_OF_INSTALLATION)
        return Installation(**{**installation.to_dict_for_copying(), **opened})

    def _closed(self, record: Bot | Installation, names: tuple[str, ...]) -> dict[str, str]:
        return {name: self.close(secret) for name in names if (secret := getattr(record, name))}

    def _opened(self, record: Bot | Installation, names: tuple[str, ...]) -> dict[str, str]:
        return {name: self.open(sealed) for name in names if (sealed := getattr(record, name))}
