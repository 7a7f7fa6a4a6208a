"""What must survive: questions, turns, and what people said about the answers. SQLite now, PostgreSQL by its URL."""
