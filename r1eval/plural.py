"""Counts in words that fit them."""


def counted(number: int, thing: str) -> str:
    """The number and what it counts.

    >>> counted(1, "row"), counted(2, "row"), counted(0, "vote"), counted(3, "reply")
    ('1 row', '2 rows', '0 votes', '3 replies')
    """
    if number == 1:
        return f"{number} {thing}"
    many = f"{thing[:-1]}ies" if thing.endswith("y") else f"{thing}s"
    return f"{number} {many}"
