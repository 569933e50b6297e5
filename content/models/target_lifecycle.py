"""The states of targets, and the rules of their rows that PostgreSQL enforces."""

from __future__ import annotations

from django.db import models

from core.audit_verbs import Verb
from core.states import Edge, Lifecycle


class TargetState(models.TextChoices):
    """The stored states of a target; see TargetStatus for what is computed."""

    NEEDS_REVIEW = "needs-review"
    APPROVED = "approved"
    #: One person has proposed to remove the text; what is served does not change until a second person approves that.
    REMOVAL = "removal"
    EMPTY = "empty"


LIFECYCLE = Lifecycle(
    model="content.Target",
    states=TargetState,
    initial=TargetState.NEEDS_REVIEW,
    edges=[
        Edge(
            TargetState.NEEDS_REVIEW,
            TargetState.APPROVED,
            Verb.TRANSLATION_APPROVED,
            "a second reader of the language approves it",
        ),
        Edge(
            TargetState.APPROVED,
            TargetState.NEEDS_REVIEW,
            Verb.TRANSLATION_REVISED,
            "it is changed; the approved text is still served",
        ),
        Edge(
            TargetState.NEEDS_REVIEW,
            TargetState.REMOVAL,
            Verb.TRANSLATION_REMOVAL_PROPOSED,
            "one person proposes to remove the text",
        ),
        Edge(
            TargetState.APPROVED,
            TargetState.REMOVAL,
            Verb.TRANSLATION_REMOVAL_PROPOSED,
            "one person proposes to remove the text; the approved text is still served",
        ),
        Edge(
            TargetState.REMOVAL,
            TargetState.EMPTY,
            Verb.TRANSLATION_CLEARED,
            "a second person approves the removal; the source text is served instead",
        ),
        Edge(
            TargetState.REMOVAL,
            TargetState.APPROVED,
            Verb.TRANSLATION_REMOVAL_REJECTED,
            "the removal of an approved text is rejected",
        ),
        Edge(
            TargetState.REMOVAL,
            TargetState.NEEDS_REVIEW,
            Verb.TRANSLATION_REMOVAL_REJECTED,
            "the removal of a draft is rejected, or another text is written",
        ),
        Edge(TargetState.EMPTY, TargetState.NEEDS_REVIEW, Verb.TRANSLATION_WRITTEN, "a text is written again"),
    ],
)

#: No client changes a text without a revision, approves one alone or for a source that nobody approved, or removes one alone.
REVISION_RULES = """
    IF (NEW.text IS DISTINCT FROM OLD.text OR NEW.state IS DISTINCT FROM OLD.state
        OR NEW.source_revision IS DISTINCT FROM OLD.source_revision)
        AND NEW.revision <> OLD.revision + 1 THEN
        RAISE EXCEPTION 'a changed target takes the next revision' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.text IS DISTINCT FROM OLD.text AND NEW.state = 'approved' THEN
        RAISE EXCEPTION 'a changed target needs review' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.approved_text IS DISTINCT FROM OLD.approved_text
        AND NOT (OLD.state = 'needs-review' AND NEW.state = 'approved') AND NEW.state <> 'empty' THEN
        RAISE EXCEPTION 'an approved text changes only when it is approved' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'approved' AND (
        OLD.state <> 'approved' OR NEW.approved_source_revision IS DISTINCT FROM OLD.approved_source_revision
        OR NEW.approved_by_id IS DISTINCT FROM OLD.approved_by_id
    ) THEN
        IF NOT EXISTS (
            SELECT 1 FROM content_unit WHERE id = NEW.unit_id AND approved_revision = NEW.approved_source_revision
            UNION ALL
            SELECT 1 FROM content_unitapproval WHERE unit_id = NEW.unit_id AND revision = NEW.approved_source_revision
        ) THEN
            RAISE EXCEPTION 'this revision of the source is not approved' USING ERRCODE = 'check_violation';
        END IF;
        IF EXISTS (
            SELECT 1 FROM content_targetrevision
            WHERE target_id = NEW.id AND text = NEW.text AND by_id = NEW.approved_by_id
                AND act IN ('written', 'revised', 'restored')
        ) THEN
            RAISE EXCEPTION 'an author of a text cannot approve it' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF NEW.state = 'empty' AND OLD.state <> 'empty' AND NOT EXISTS (
        SELECT 1 FROM content_targetrevision
        WHERE target_id = NEW.id AND revision = OLD.revision AND act = 'removal-proposed' AND by_id <> NEW.approved_by_id
    ) THEN
        RAISE EXCEPTION 'a second person approves a removal' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""

#: A suggestion of a machine is that person's text as far as its approval goes.
NOT_BY_REQUESTER = """
    IF NEW.state = 'approved' AND NEW.approved_by_id IS NOT NULL
        AND (OLD.state, OLD.approved_by_id, OLD.source_revision)
            IS DISTINCT FROM (NEW.state, NEW.approved_by_id, NEW.source_revision)
        AND EXISTS (SELECT 1 FROM content_textsuggestion s WHERE s.unit_id = NEW.unit_id AND s.locale_id = NEW.locale_id
            AND s.origin = 'machine' AND s.by_id = NEW.approved_by_id AND s.source_revision >= NEW.source_revision) THEN
        RAISE EXCEPTION 'the person who requested a suggestion of a machine does not approve the text'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""
