"""Attributes that are computed once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

_T = TypeVar("_T")


class lazy(Generic[_T]):  # noqa: N801 - it is read as a decorator
    """
    An attribute that is computed when it is first asked for, and kept in the instance.

    `functools.cached_property` holds a lock while it does that until Python 3.12, one for all
    instances: what forks meanwhile leaves its child with a lock that nobody will release. Here
    two threads may both compute the attribute, and the last value stays.
    """

    def __init__(self, compute: Callable[[Any], _T]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> lazy[_T]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> _T: ...

    def __get__(self, instance: object | None, owner: type) -> lazy[_T] | _T:
        if instance is None:
            return self
        value = vars(instance)[self._name] = self._compute(instance)
        return value
