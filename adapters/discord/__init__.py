"""Discord: what happens there becomes IncomingMessages, and replies become messages and edits."""
