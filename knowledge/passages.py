"""The passages of one snapshot in SQLite: the only module that knows their table."""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

from knowledge.contract import Passage
from knowledge.errors import SnapshotDamaged
from knowledge.plain import plain_text

_COLUMNS = ", ".join(field.name for field in fields(Passage))
_SCHEMA = """
CREATE TABLE passages (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, document TEXT NOT NULL, domain TEXT NOT NULL,
    title TEXT NOT NULL, breadcrumb TEXT NOT NULL, text TEXT NOT NULL, link TEXT NOT NULL, position INTEGER NOT NULL,
    plain TEXT NOT NULL,
    UNIQUE (document, position)
);
CREATE INDEX passages_domain ON passages (domain, document, position);
CREATE VIRTUAL TABLE words USING fts5 (
    breadcrumb, plain, content = 'passages', content_rowid = 'number', tokenize = 'porter unicode61'
);
CREATE TRIGGER passages_added AFTER INSERT ON passages BEGIN
    INSERT INTO words (rowid, breadcrumb, plain) VALUES (new.number, new.breadcrumb, new.plain);
END;
CREATE TRIGGER passages_removed AFTER DELETE ON passages BEGIN
    INSERT INTO words (words, rowid, breadcrumb, plain) VALUES ('delete', old.number, old.breadcrumb, old.plain);
END;
"""


class Passages:
    """Read, and while a snapshot is being built write, the passages. Safe to share between threads."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    @classmethod
    def create(cls, path: Path) -> "Passages":
        """Open the file for writing; make the tables if it is new."""
        connection = sqlite3.connect(path)
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'passages'").fetchone():
            connection.executescript(_SCHEMA)
        return cls(connection)

    @classmethod
    def open(cls, path: Path) -> "Passages":
        """Open the file of a finished snapshot, which nobody writes any more: no locks, no side files."""
        try:
            connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            connection.execute("SELECT 1 FROM words, passages LIMIT 1").fetchone()
        except sqlite3.DatabaseError as error:
            raise SnapshotDamaged(
                f"{path.parent.name}: the passages can't be opened: roll back or index anew"
            ) from error
        return cls(connection)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def add(self, passages: Iterable[Passage]) -> None:
        """Store passages and index their words, all or none of them."""
        marks = ", ".join("?" * len(fields(Passage)))
        with self.connection:
            self.connection.executemany(
                f"INSERT INTO passages ({_COLUMNS}, plain) VALUES ({marks}, ?)",  # noqa: S608 - our own column names
                [(*astuple(passage), plain_text(passage.text)) for passage in passages],
            )

    def remove_document(self, document: str) -> None:
        """Delete a document's passages and their words."""
        with self.connection:
            self.connection.execute("DELETE FROM passages WHERE document = ?", (document,))

    def with_ids(self, ids: Sequence[str]) -> dict[str, Passage]:
        """Return the passages that exist, by id."""
        marks = ", ".join("?" * len(ids))
        return {passage.id: passage for passage in self._select(f"WHERE id IN ({marks})", ids)}

    def of_domain(self, domain: str) -> tuple[Passage, ...]:
        """Return a domain's passages by document and position."""
        return self._select("WHERE domain = ? ORDER BY document, position", (domain,))

    def around(self, passage: Passage) -> tuple[Passage, ...]:
        """Return the passages right before and after; none if this one is no longer known."""
        where = """
            WHERE document = :document AND abs(position - (SELECT position FROM passages WHERE id = :id)) = 1
            ORDER BY position
        """
        return self._select(where, {"document": passage.document, "id": passage.id})

    def of_document(self, document: str) -> tuple[Passage, ...]:
        """Return a document's passages by position."""
        return self._select("WHERE document = ? ORDER BY position", (document,))

    def all(self) -> tuple[Passage, ...]:
        """Return every passage by document and position."""
        return self._select("ORDER BY document, position", ())

    def domains(self) -> dict[str, str]:
        """Return the domain of each passage id."""
        return dict(self._rows("SELECT id, domain FROM passages", ()))

    def headings(self) -> list[str]:
        """Return the last item of each breadcrumb, by document and position."""
        rows = self._rows("SELECT breadcrumb FROM passages ORDER BY document, position", ())
        return list(dict.fromkeys(row[0].rsplit(" > ", 1)[-1] for row in rows))

    def count(self) -> int:
        """Return how many passages there are."""
        return int(self._rows("SELECT count(*) FROM passages", ())[0][0])

    def count_documents(self) -> int:
        """Return how many documents they are of."""
        return int(self._rows("SELECT count(DISTINCT document) FROM passages", ())[0][0])

    def is_sound(self) -> bool:
        """Say whether the file is whole and the words agree with the passages."""
        try:
            self.connection.execute("INSERT INTO words (words, rank) VALUES ('integrity-check', 1)")
            return self._rows("PRAGMA quick_check", ()) == [("ok",)]
        except sqlite3.DatabaseError:
            return False

    def _select(self, where: str, values: Sequence[str] | dict[str, str]) -> tuple[Passage, ...]:
        rows = self._rows(f"SELECT {_COLUMNS} FROM passages {where}", values)  # noqa: S608 - our own column names
        return tuple(Passage(*row) for row in rows)

    def _rows(self, sql: str, values: Sequence[str] | dict[str, str]) -> list[Any]:
        with closing(self.connection.execute(sql, values)) as cursor:
            return cursor.fetchall()
