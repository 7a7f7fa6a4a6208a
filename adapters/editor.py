"""One live reply: takes the text as it comes, without ever waiting, and knows what should be on screen."""
