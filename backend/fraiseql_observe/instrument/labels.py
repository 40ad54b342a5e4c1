"""Label values that cannot grow without bound, whatever clients send."""

from __future__ import annotations

OTHER = "__other__"
ANONYMOUS = "__anonymous__"
_MAX_LENGTH = 128  # a client may choose a name as long as a document, and each is repeated in dozens of series


class BoundedNames:
    """The first `limit` names of a sane length keep themselves; every other one is `__other__`.

    A name is learnt only through `admit`, so that what a client merely claims never takes a place. Where `only` names
    some, no other is ever learnt: then nobody can use up the places of honest names.
    """

    __slots__ = ("_limit", "_names", "_only")

    def __init__(self, limit: int, only: frozenset[str] = frozenset()) -> None:
        self._limit = limit
        self._only = only
        self._names: dict[str, str] = {}

    def admit(self, name: str) -> str:
        label = self._names.get(name)
        if label is not None:
            return label
        if len(self._names) >= self._limit or len(name) > _MAX_LENGTH or (self._only and name not in self._only):
            return OTHER
        self._names[name] = name
        return name

    def known(self, name: str) -> str:
        """The label of a name that must not be learnt: itself if it is known already, else `__other__`."""
        return self._names.get(name, OTHER)

    def __len__(self) -> int:
        return len(self._names)


_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


def method_label(method: str) -> str:
    return method if method in _METHODS else OTHER
