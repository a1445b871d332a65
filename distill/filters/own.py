"""The user's own filter, `file.py:function`.

It is given a trace as its row, ``{"prompt", "completion", "meta"}``, and the arguments of the
recipe by name. ``True`` or ``None`` keeps the trace, ``False`` drops it, a text drops it and says
why. It sees one trace at a time, in any process: it can remember nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from distill.filters.base import Reason
from distill.traces import Trace
from tasks.errors import UserError
from tasks.schema import Strict
from tasks.usercode import call, load_function


class Own(Strict):
    function: str
    args: Mapping[str, Any]

    def reason(self, trace: Trace) -> Reason | None:
        function = partial(load_function(self.function), **self.args)
        said = call(function, self.function, trace.as_row())
        if said is None or said is True:
            return None
        if said is False:
            return f"{self.function.rpartition(':')[2]} returned False"
        if isinstance(said, str):
            return said
        raise UserError(f"{self.function} returned {said!r}: give True, False, None or a reason")
