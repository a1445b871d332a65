"""Counts in words that fit them."""


def counted(number: int, thing: str) -> str:
    """The number and what it counts.

    >>> counted(1, "row"), counted(2, "row"), counted(0, "vote")
    ('1 row', '2 rows', '0 votes')
    """
    return f"{number} {thing}{'' if number == 1 else 's'}"
