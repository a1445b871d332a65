"""One run from start to finish: protocol, prompts, seeds, groups, store, resume, grading pass."""
