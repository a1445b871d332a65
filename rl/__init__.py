"""GRPO as the paper uses it: rewards, presets, trainer, and what explains a training run."""
