"""The states of units, and the rules of their rows that PostgreSQL enforces."""

from __future__ import annotations

from django.db import models

from core.audit_verbs import Verb
from core.states import Edge, Lifecycle


class UnitState(models.TextChoices):
    """The states of a source text."""

    NEEDS_REVIEW = "needs-review"
    APPROVED = "approved"


LIFECYCLE = Lifecycle(
    model="content.Unit",
    states=UnitState,
    initial=UnitState.NEEDS_REVIEW,
    edges=[
        Edge(UnitState.NEEDS_REVIEW, UnitState.APPROVED, Verb.SOURCE_APPROVED, "a second reader approves it"),
        Edge(
            UnitState.APPROVED,
            UnitState.NEEDS_REVIEW,
            Verb.SOURCE_REVISED,
            "its text is changed; the approved text is still served",
        ),
    ],
)

#: Raw SQL can neither rewrite an approved text nor change a text, or what it may hold, without a new revision. What the text may
#: hold is approved with the text, also by an earlier release, which knows nothing of the kinds of numbers.
REVISION_RULES = """
    IF NEW.state = 'approved' AND OLD.state <> 'approved' THEN
        NEW.approved_number_kinds := NEW.number_kinds;
        NEW.approved_stays_as_is := NEW.stays_as_is;
    END IF;
    IF (NEW.text, NEW.allowed_numbers, NEW.number_kinds, NEW.allowed_hosts, NEW.stays_as_is)
        IS DISTINCT FROM (OLD.text, OLD.allowed_numbers, OLD.number_kinds, OLD.allowed_hosts, OLD.stays_as_is)
        AND NEW.revision <> OLD.revision + 1 THEN
        RAISE EXCEPTION 'a changed text takes the next revision' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.revision < OLD.revision
        OR (NEW.revision <> OLD.revision AND NEW.state = 'approved' AND (
            (NEW.text, NEW.allowed_numbers, NEW.number_kinds, NEW.stays_as_is)
                IS DISTINCT FROM (OLD.approved_text, OLD.approved_numbers, OLD.approved_number_kinds, OLD.approved_stays_as_is)
            OR cardinality(NEW.allowed_hosts) > 0
        )) THEN
        RAISE EXCEPTION 'a new revision needs review' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'approved' AND OLD.state <> 'approved' AND EXISTS (
        SELECT 1 FROM content_unitrevision
        WHERE unit_id = NEW.id AND text = NEW.text AND by_id = NEW.approved_by_id
    ) AND NEW.text IS DISTINCT FROM OLD.approved_text THEN
        RAISE EXCEPTION 'the author of a text cannot approve it' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.approved_text, NEW.approved_revision, NEW.approved_numbers, NEW.approved_number_kinds, NEW.approved_stays_as_is)
        IS DISTINCT FROM
        (OLD.approved_text, OLD.approved_revision, OLD.approved_numbers, OLD.approved_number_kinds, OLD.approved_stays_as_is)
        AND NOT (OLD.state = 'needs-review' AND NEW.state = 'approved') THEN
        RAISE EXCEPTION 'an approved text changes only when it is approved' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""
