"""The identifiers of HSDS objects."""

from __future__ import annotations

from uuid import NAMESPACE_DNS, uuid5

_NAMESPACE = uuid5(NAMESPACE_DNS, "hsds.fingerpost")


def identifier(kind: str, *names: str) -> str:
    """Return the UUID of an object, which is the same in every release and on every installation."""
    return str(uuid5(_NAMESPACE, ":".join((kind, *names))))
