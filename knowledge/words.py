"""The words arm of a search: BM25 over SQLite's FTS5."""

import math
import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing

STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
    a about am an and any are as at be been but by can could did do does for from get had has have how i if in into is
    it its just me my of on or our please should so some than that the their them then there these they this those to
    us was we were what when where which who why will with would you your
    """,
    )
)
_TERM = re.compile(r"\w+")
MAX_TERMS = 64
"""Of a very long message the first terms are enough; each one costs a scan of its postings."""


def terms_of(query: str) -> list[str]:
    """Return the query's distinct terms in lower case; stop words are dropped unless there is nothing else.

    "BQ-2011" gives "bq" and "2011": searching for the phrase besides measured worse.
    """
    terms = list(dict.fromkeys(term.lower() for term in _TERM.findall(query)))
    return ([term for term in terms if term not in STOP_WORDS] or terms)[:MAX_TERMS]


def match_expression(terms: Sequence[str]) -> str:
    """Quote each term, since FTS5 reads some bare words as syntax."""
    return " OR ".join(f'"{term}"' for term in terms)


def search_words(connection: sqlite3.Connection, query: str, *, limit: int = 100) -> dict[str, float]:
    """Return the best passage ids with their BM25 score, higher is better."""
    terms = terms_of(query)
    if not terms:
        return {}
    sql = """
        SELECT passages.id, -bm25(words) FROM words JOIN passages ON passages.number = words.rowid
        WHERE words MATCH ? ORDER BY bm25(words) LIMIT ?
    """
    with closing(connection.execute(sql, (match_expression(terms), limit))) as cursor:
        return dict(cursor.fetchall())


def share_of_terms(connection: sqlite3.Connection, query: str, ids: Sequence[str]) -> float:
    """Return how much of the query the best of these passages holds, 0 to 1; rare terms weigh more."""
    if not ids:
        return 0.0
    marks = ", ".join("?" * len(ids))
    sql = f"SELECT number FROM passages WHERE id IN ({marks})"  # noqa: S608 - question marks only
    numbers = {row[0] for row in connection.execute(sql, ids)}
    total = connection.execute("SELECT count(*) FROM passages").fetchone()[0]
    weights: dict[str, float] = {}
    held = dict.fromkeys(numbers, 0.0)
    for term in terms_of(query):
        rows = connection.execute("SELECT rowid FROM words WHERE words MATCH ?", (match_expression([term]),)).fetchall()
        weights[term] = math.log(1 + total / (1 + len(rows)))
        for (number,) in rows:
            if number in held:
                held[number] += weights[term]
    return max(held.values()) / max(sum(weights.values()), 1e-9)
