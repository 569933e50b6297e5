"""The status of a translation: how it compares with its source now. It is computed by the database, and never stored."""

from __future__ import annotations

from django.db import models
from django.db.models import Case, F, Value, When

from content.models.target_lifecycle import TargetState


class TargetStatus(models.TextChoices):
    """How a translation compares with its source; computed from revisions, never stored."""

    #: There is no text.
    EMPTY = "empty"
    #: The text is a draft for the current meaning of the source.
    NEEDS_REVIEW = "needs-review"
    #: The text is approved for the current meaning of the source.
    APPROVED = "approved"
    #: The meaning of the source has changed since; the text is served for OUTDATED_DAYS more.
    OUTDATED = "outdated"
    #: A safety change of the source has removed the text from the next release.
    WITHDRAWN = "withdrawn"
    #: A removal is proposed, which a second person must approve or reject.
    REMOVAL = "removal"


#: The only definition of a translation's status; a test compares it with what `content.compiling.snapshot` serves.
STATUS = Case(
    When(state=TargetState.EMPTY, then=Value(TargetStatus.EMPTY)),
    When(state=TargetState.REMOVAL, then=Value(TargetStatus.REMOVAL)),
    When(unit__withdrawn_revisions__contains=[F("source_revision")], then=Value(TargetStatus.WITHDRAWN)),
    When(unit__outdated_revisions__contains=[F("source_revision")], then=Value(TargetStatus.OUTDATED)),
    When(state=TargetState.APPROVED, then=Value(TargetStatus.APPROVED)),
    default=Value(TargetStatus.NEEDS_REVIEW),
    output_field=models.CharField(),
)
