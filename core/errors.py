"""The one family of errors that the domain raises; each edge turns it into its own form (problem document, sentence)."""

from __future__ import annotations

from typing import Any, ClassVar


class DomainError(Exception):
    """The request cannot be carried out."""

    #: Short lower-kebab name of the error, stable for machines.
    code: ClassVar[str] = "refused"

    def __init__(self, detail: str | None = None, *, code: str | None = None, **extra: Any) -> None:
        """Take one plain sentence for a person; without it the first line of the class docstring stands."""
        first_line = (self.__class__.__doc__ or "").strip().splitlines()[0]
        self.detail = detail or first_line
        self.code_name = code or self.code
        self.extra = extra
        super().__init__(self.detail)

    def __str__(self) -> str:
        return self.detail


class Invalid(DomainError):
    """A value breaks a rule."""

    code = "invalid"


class NotFound(DomainError):
    """There is no such thing."""

    code = "not-found"


class Conflict(DomainError):
    """The present state does not allow this."""

    code = "conflict"


class Forbidden(DomainError):
    """This person may not do this."""

    code = "forbidden"


class Gone(DomainError):
    """It was here once and was taken away."""

    code = "gone"


class NotHeld(Exception):
    """What is asked for may be there, but is not among what this process holds; the database would know."""


class Unavailable(DomainError):
    """It cannot be answered just now."""

    code = "unavailable"
