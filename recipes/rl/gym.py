"""Problems made by reasoning-gym (arXiv 2505.24760), for models that find mathematics too hard.

`pip install reasoning-gym`; then `data.task=gym.py:sums`. What is held out is drawn with another
seed, and no question of it is trained on.
"""

from typing import Any

_TRAIN, _HELD_OUT = 4000, 200


def sums() -> list[dict[str, Any]]:
    """Two numbers of one or two digits, added or subtracted."""
    return _drawn("chain_sum", _TRAIN, _SUMS)


def sums_heldout() -> list[dict[str, Any]]:
    return _drawn("chain_sum", _HELD_OUT, _SUMS, seed=1)


def chains() -> list[dict[str, Any]]:
    """Three or four numbers of one or two digits, added or subtracted one after the other."""
    return _drawn("chain_sum", _TRAIN, _CHAINS)


def chains_heldout() -> list[dict[str, Any]]:
    return _drawn("chain_sum", _HELD_OUT, _CHAINS, seed=1)


_SUMS = {"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 2}
_CHAINS = {**_SUMS, "min_terms": 3, "max_terms": 4}


def _drawn(name: str, count: int, options: dict[str, Any], seed: int = 0) -> list[dict[str, Any]]:
    import reasoning_gym

    def questions(number: int, of_seed: int) -> dict[str, str]:
        made = reasoning_gym.create_dataset(name, size=number, seed=of_seed, **options)
        return {row["question"]: row["answer"] for row in made}

    held_out = questions(_HELD_OUT, 1)
    found = held_out if seed else questions(count, 0)
    return [
        {"id": n, "problem": question, "answer": answer}
        for n, (question, answer) in enumerate(found.items())
        if seed or question not in held_out
    ]
