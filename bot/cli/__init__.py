"""The command `firstline`: its subcommands are loaded when they run, so that `--help` costs nothing."""

from bot.cli.root import main

__all__ = ["main"]
