"""The history of the tables, run at start by `bot.store.migrate`."""
