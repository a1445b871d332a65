"""Where the shipped miniature models lie."""

from pathlib import Path

NAMES = ("base", "student-base")


def path(name: str) -> Path:
    """The folder of a shipped model, ready for `from_pretrained`.

    >>> path("base").name
    'base'
    >>> path("bass")
    Traceback (most recent call last):
    ValueError: no nano model 'bass': one of base, student-base
    """
    if name not in NAMES:
        raise ValueError(f"no nano model {name!r}: one of {', '.join(NAMES)}")
    return Path(__file__).parent / "weights" / name
