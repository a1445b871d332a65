"""The miniature: a small language of its own, and two transformers that have read it.

Rooms: `language` (tokens and spelling), `tokenizer`, `problems`, `solver` (worked thoughts),
`everyday` (prompts that need no thought), `preferences`, `corpus` (what the models read),
`train`, `build` (makes the weights), `measure` (their figures), `models` (where they lie).
"""
