"""What the annotator sees of references' sources, kept from one batch to the next.

A reference has many completions, in one batch or in several requests of a server, and is drawn and
read once for all of them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from erm.tasks import View

MOST = 256
"""References that are kept; the ones used least recently go first."""


class References:
    """Views by (task, source); several threads may use it at once.

    Args:
        most: views that are kept.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._views: OrderedDict[tuple[str, str], View] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, item: tuple[str, str]) -> View | None:
        """The view of a source, if it is kept."""
        with self._lock:
            if item in self._views:
                self._views.move_to_end(item)
            return self._views.get(item)

    def keep(self, item: tuple[str, str], view: View) -> None:
        """Keep the view of a source. It must not be changed any more."""
        with self._lock:
            self._views[item] = view
            self._views.move_to_end(item)
            if len(self._views) > self._most:
                self._views.popitem(last=False)
