"""Traces looked at in several processes, and handed back in the order of the file."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor

from distill.chain import Looked, Step, look
from distill.lines import Line, as_given, parse

_BYTES = 1 << 18  # of a piece of work
_WAITING = 3  # pieces for each process, so that memory stays what it is

Work = tuple[Sequence[Step], str, bool]
"""The filters, the name of the file, and whether everything is looked at."""


def look_at_all(work: Work, lines: Iterable[Line], processes: int) -> Iterator[Looked]:
    """Raises UserError where a line is no trace."""
    if processes < 2:
        for piece in _pieces(lines):
            yield from _look(work, piece)
        return
    method = "fork" if sys.platform == "linux" else "spawn"  # a fork shares what was indexed
    context = multiprocessing.get_context(method)
    waiting: deque[Future[list[Looked]]] = deque()
    with ProcessPoolExecutor(processes, context, _begin, (work,)) as pool:
        try:
            for piece in _pieces(lines):
                waiting.append(pool.submit(_look_there, piece))
                if len(waiting) >= _WAITING * processes:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _look(work: Work, piece: Sequence[Line]) -> list[Looked]:
    steps, file, everything = work
    traces = ((parse(line, file), line) for line in piece)
    return [look(steps, t, as_given(t, line, file), everything) for t, line in traces]


_work: Work


def _begin(work: Work) -> None:
    global _work
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle


def _look_there(piece: Sequence[Line]) -> list[Looked]:
    return _look(_work, piece)


def _pieces(lines: Iterable[Line]) -> Iterator[list[Line]]:
    piece: list[Line] = []
    size = 0
    for line in lines:
        piece.append(line)
        size += len(line.text)
        if size >= _BYTES:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece
