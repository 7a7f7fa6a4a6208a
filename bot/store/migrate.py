"""Bring the tables up to date at start. Apart, because nothing else needs Alembic, which takes long to import."""

from pathlib import Path

from sqlalchemy import Connection


def upgrade(connection: Connection) -> None:
    """Run the migrations that the database has not seen."""
    from alembic import command  # noqa: PLC0415 - half a second that no command without a store should pay
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
