"""Stages that build on one another: sft, rl, generate, filter, mix, eval, export."""
