"""OpenAI-compatible servers: what is asked, what comes back, and what is done when nothing does."""
