"""How Firstline reaches people: the platforms, and the text as it appears on their screens."""
