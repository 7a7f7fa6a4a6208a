"""Bring the tables up to date at start. Apart, because only a new or an old database needs Alembic."""

from pathlib import Path

import sqlalchemy as sa

_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(connection: sa.Connection) -> None:
    """Run the migrations that the database has not seen."""
    if _version_of(connection) == newest_version():
        return
    from alembic import command  # noqa: PLC0415 - half a second that only a change of the tables should cost
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def newest_version() -> str:
    """Return the last migration: they are numbered, and each one's revision is its file's name."""
    return max(file.stem for file in (_MIGRATIONS / "versions").glob("v[0-9]*.py"))


def _version_of(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return version
