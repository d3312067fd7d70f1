"""A cache of the values used last."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from ._locks import ForkSafeLock

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class Recent(Generic[_K, _V]):
    """The values used last, up to a weight in all; at least one."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = ForkSafeLock()  # workers may be threads
        self.clear()

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._weight = 0
            self._items: OrderedDict[_K, tuple[_V, int]] = OrderedDict()

    def get(self, key: _K) -> _V | None:
        """Return the value of a key, or None."""
        with self._lock:
            if key not in self._items:
                return None
            self._items.move_to_end(key)
            return self._items[key][0]

    def put(self, key: _K, value: _V, weight: int = 1) -> None:
        """Keep a value."""
        with self._lock:
            self._weight += weight - self._items.pop(key, (value, 0))[1]
            self._items[key] = (value, weight)
            while self._weight > self._limit and len(self._items) > 1:
                _, (_, gone) = self._items.popitem(last=False)
                self._weight -= gone

    def __len__(self) -> int:
        return len(self._items)
