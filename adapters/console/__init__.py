"""The terminal: a conversation with a person at the keyboard, or with a program at the other end of a pipe."""
