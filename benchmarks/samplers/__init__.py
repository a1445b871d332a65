"""Our sampler beside its peers, each in a process of its own."""
