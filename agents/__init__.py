"""What to say: a supervisor routes a question to one worker, which answers from the documents."""
