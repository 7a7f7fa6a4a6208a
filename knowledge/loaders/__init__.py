"""One module for each format; all give Markdown."""
