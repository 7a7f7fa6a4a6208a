"""What is known: documents in, passages out, from an immutable snapshot."""
