"""Engines that answer prompts. Knows no task."""
