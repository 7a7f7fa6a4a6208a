"""What is kept of notes that never end."""

from adapters.recent import KEPT, Recent


def test_the_latest_notes_are_kept_and_the_oldest_are_forgotten() -> None:
    notes: Recent[int, str] = Recent()
    for number in range(KEPT + 1_000):
        notes.note(number, "first")
        notes.note(0, "again")
    assert len(notes) == KEPT
    assert notes[0] == "again"
    assert min(number for number in notes if number) == 1_001
