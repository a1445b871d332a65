"""What keeps a trace from being trained on: a filter a file."""
