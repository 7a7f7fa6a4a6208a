"""When to speak, and keeping the promises: settings, composition, the turn, the command."""
