"""Markdown as a stream: cut to what a message holds, closed in every frame, and never a ping."""
