"""What is kept of notes that never end."""

from adapters.recent import Recent


def test_the_latest_notes_are_kept_and_the_oldest_are_forgotten() -> None:
    notes: Recent[int, str] = Recent()
    for number in range(6_000):
        notes.note(number, "first")
        notes.note(0, "again")
    assert len(notes) == 5_000
    assert notes[0] == "again"
    assert list(notes)[:2] == [1_001, 1_002]
