"""How many requests a server gets at once: more while it keeps up, half as many when it does not.

Additive increase, multiplicative decrease (RFC 5681's congestion window): one more for each answer
until the first setback, then one more for each round of answers. Of the requests that were under
way when it was halved, none halves it again.

>>> window = Window(most=16)
>>> for _ in range(5): window.succeeded()
>>> window.size
9
>>> begun = window.epoch
>>> window.overloaded(begun); window.overloaded(begun); window.size
4
>>> for _ in range(5): window.succeeded()
>>> window.size
5
"""

from __future__ import annotations

_MODEST = 4


class Window:
    """Between 1 and ``most`` requests at once. ``epoch`` counts how often it was halved."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = float(min(_MODEST, most))
        self._rising = True
        self.epoch = 0

    @property
    def size(self) -> int:
        return int(self._size)

    def succeeded(self) -> None:
        more = 1.0 if self._rising else 1.0 / self._size
        self._size = min(float(self._most), self._size + more)

    def overloaded(self, begun: int) -> None:
        """A request that was sent in epoch ``begun`` found the server with too much to do."""
        if begun == self.epoch:
            self._size = max(1.0, self._size // 2)
            self._rising = False
            self.epoch += 1
