"""Traces of a teacher: made, filtered with a ledger, mixed, trained on, exported."""
