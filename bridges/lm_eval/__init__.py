"""lm-eval both ways: its tasks in our runs, our tasks and our engines in its."""
