"""What can go wrong in the knowledge base, by who must act.

KnowledgeError
├── DocumentError       the author of a document: one file is skipped, the rest is indexed
├── NoSnapshot          the operator: nothing has been indexed yet
├── SnapshotDamaged     the operator: roll back or index anew
├── IndexBusy           the operator: another `firstline index` is running
└── EmbedderUnavailable nobody at once: search goes on by words alone
"""


class KnowledgeError(Exception):
    """Base of all errors of this package; its text is one line that says what to do."""


class DocumentError(KnowledgeError):
    """A document can't be read. `document` is its path below the documents folder."""

    def __init__(self, document: str, reason: str) -> None:
        super().__init__(f"{document}: {reason}")
        self.document = document
        self.reason = reason


class NoSnapshot(KnowledgeError):
    """Nothing has been indexed yet."""


class SnapshotDamaged(KnowledgeError):
    """The current snapshot can't be opened."""


class IndexBusy(KnowledgeError):
    """Another process is indexing into the same home."""


class EmbedderUnavailable(KnowledgeError):
    """The embedding model can't be loaded or reached."""
