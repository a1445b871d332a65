"""What several rows read alike, so that it is read once.

All samples of a problem read one prompt. Continuations of one sample, cut at several lengths and
each given a few closing ids, read beginnings of the longest of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

FEED = 32
"""Most ids, and at most an eighth of all, that a row reads one at a time after its trunk. The last
of a row always is: its scores are what the first token is drawn from."""


@dataclass
class Trunk:
    """``ids`` read at once. ``members`` holds, for each row that begins with them, its number and
    how many of the ids it shares; alike ones stand together.
    """

    ids: Sequence[int]
    members: list[tuple[int, int]] = field(default_factory=list)


def share(reads: Sequence[Sequence[int]]) -> list[Trunk]:
    """The trunks of rows that read ``reads``, longest first; no row is empty.

    >>> share([[1, 2, 3], [1, 2, 3], [7, 8]])
    [Trunk(ids=[1, 2], members=[(0, 2), (1, 2)]), Trunk(ids=[7], members=[(2, 1)])]
    >>> cut, whole = [*range(20), 99, 99], [*range(40)]
    >>> share([cut, whole])[0].members
    [(0, 20), (1, 39)]
    """
    trunks: list[Trunk] = []
    for number in sorted(range(len(reads)), key=lambda n: -len(reads[n])):
        read = reads[number]
        at_most = len(read) - 1
        at_least = at_most - min(FEED, at_most // 8)
        for trunk in trunks:
            last = slice(max(0, at_least - 1), at_least)  # mostly tells long prompts apart
            if trunk.ids[last] == read[last] and trunk.ids[:at_least] == read[:at_least]:
                trunk.members.append((number, common(trunk.ids, read[:-1])))
                break
        else:
            trunks.append(Trunk(read[:-1], [(number, at_most)]))
    for trunk in trunks:
        trunk.members.sort(key=lambda member: member[1])
    return trunks


def common(left: Sequence[int], right: Sequence[int]) -> int:
    """Length of the beginning that both have.

    >>> common([1, 2, 3], [1, 2, 9, 9])
    2
    """
    for place, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            return place
    return min(len(left), len(right))
