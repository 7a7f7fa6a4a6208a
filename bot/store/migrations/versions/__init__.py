"""One file for each change of the tables; a released one never changes again."""
