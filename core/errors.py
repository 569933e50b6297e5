"""The errors that the domain raises; each edge turns them into its own form (problem document, sentence for staff)."""

from __future__ import annotations

from typing import Any, ClassVar


class DomainError(Exception):
    """The request cannot be carried out."""

    #: Lower-kebab name of the error, stable for machines.
    code: ClassVar[str] = "refused"

    def __init__(self, detail: str | None = None, *, code: str | None = None, **extra: Any) -> None:
        """Take one plain sentence for people; by default it is the first line of the class docstring."""
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
    """The current state does not allow this."""

    code = "conflict"


class ChangedMeanwhile(Conflict):
    """Somebody else changed this in the meantime. Look at it again before you go on."""

    code = "changed-meanwhile"


class EditConflict(Conflict):
    """Somebody else saved this text while you were editing. Both texts are shown; nothing is lost."""

    code = "edit-conflict"

    def __init__(self, *, mine: str, theirs: str, revision: int) -> None:
        """Carry the refused text, the stored text and the revision of the stored text."""
        super().__init__(mine=mine, theirs=theirs, revision=revision)


class Forbidden(DomainError):
    """This person may not do this."""

    code = "forbidden"


class SecondPersonRequired(Forbidden):
    """Nobody can approve their own work; a second person is required."""

    code = "second-person"


class Gone(DomainError):
    """The requested item has been withdrawn."""

    code = "gone"


class Unavailable(DomainError):
    """The service is temporarily unavailable."""

    code = "unavailable"


class NotHeld(Exception):
    """This process does not hold the requested item; the database may."""
