"""The rules of a campaign that the database enforces against every writer."""

from __future__ import annotations

import pgtrigger

from core.models.account_rules import not_paused

#: The columns that an author writes and an approver approves; they change in a draft only.
DEFINITION = (
    "name", "kind", "references_id", "thread_id", "apps", "countries", "regions", "audiences", "locales", "words", "services",
    "tips", "severity", "urgency", "certainty", "status", "home_zone", "home_locale", "schedule_kind", "schedule_at",
    "not_after", "quiet_override", "named_services", "quiet_deferral", "unchanged_locales", "handouts",
    "handout_situations",
)  # fmt: skip
_SUBMISSION = ("submitted_by_id", "submitted_at", "fingerprint", "rev")


def _row(version: str, columns: tuple[str, ...]) -> str:
    # `references` is a keyword of SQL, so every name is quoted.
    return "ROW(" + ", ".join(f'{version}."{column}"' for column in columns) + ")"


def _changed(columns: tuple[str, ...]) -> str:
    return f"{_row('NEW', columns)} IS DISTINCT FROM {_row('OLD', columns)}"


FOUR_EYES = pgtrigger.Trigger(
    name="four_eyes",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update,
    func=f"""
        IF TG_OP = 'INSERT' THEN
            IF NOT NEW.created_by_id = ANY(NEW.touched_by) THEN
                RAISE EXCEPTION 'the creator of a campaign is in touched_by' USING ERRCODE = 'check_violation';
            END IF;
        ELSE
            IF NOT NEW.touched_by @> OLD.touched_by OR NEW.created_by_id <> OLD.created_by_id THEN
                RAISE EXCEPTION 'nobody is removed from touched_by' USING ERRCODE = 'check_violation';
            END IF;
            IF NEW.state NOT IN ('draft', 'submitted') AND {_changed(_SUBMISSION)}
                OR NEW.state = OLD.state AND {_changed((*_SUBMISSION, "approved_by_id", "approved_at"))} THEN
                RAISE EXCEPTION 'a submission is written once' USING ERRCODE = 'check_violation';
            END IF;
            IF NEW.approved_by_id IS DISTINCT FROM OLD.approved_by_id
                AND NOT (OLD.state = 'submitted' AND NEW.state = 'approved') AND NEW.state <> 'draft' THEN
                RAISE EXCEPTION 'an approval is given once, to a submitted campaign' USING ERRCODE = 'check_violation';
            END IF;
        END IF;
        IF NEW.submitted_by_id IS NOT NULL AND NOT NEW.submitted_by_id = ANY(NEW.touched_by) THEN
            RAISE EXCEPTION 'the submitter of a campaign is in touched_by' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.approved_by_id = ANY(NEW.touched_by) THEN
            RAISE EXCEPTION 'nobody can approve a campaign that they wrote, edited or submitted'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,
)

RETURNED = pgtrigger.Trigger(
    name="returned_by_another",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update,
    func="""
        IF TG_OP = 'UPDATE' AND NOT NEW.returned_by @> OLD.returned_by THEN
            RAISE EXCEPTION 'nobody is removed from returned_by' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.touched_by && NEW.returned_by THEN
            RAISE EXCEPTION 'nobody edits a campaign that they sent back' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,
)

READ_IN_EVERY_LANGUAGE = pgtrigger.Trigger(
    name="read_in_every_language",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    func="""
        IF OLD.state = 'submitted' AND NEW.state = 'approved' AND EXISTS (
            SELECT 1 FROM jsonb_each(NEW.words) AS w(locale, words)
            WHERE NOT EXISTS (
                SELECT 1 FROM notifications_secondreading r
                WHERE r.campaign_id = NEW.id AND r.locale = w.locale AND r.words = w.words AND NOT r.by_id = ANY(NEW.touched_by)
            )
        ) THEN
            RAISE EXCEPTION 'every language of a campaign is read by a second reader before it is approved'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,
)

TRANSLATED = pgtrigger.Trigger(
    name="translated",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    func="""
        IF OLD.state = 'draft' AND NEW.state = 'submitted' AND EXISTS (
            SELECT 1 FROM notifications_translationrequest r WHERE r.campaign_id = NEW.id AND r.state IN ('requested', 'in-work')
        ) THEN
            RAISE EXCEPTION 'a campaign is not submitted while translators have its texts' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,
)


def _is_urgent(row: str) -> str:
    """Return the SQL condition that a campaign is the first alert of a thread and makes phones ring."""
    return (
        f"({row}.kind = 'alert' AND {row}.status = 'Actual'"
        f" AND ({row}.severity IN ('Extreme', 'Severe') OR {row}.urgency = 'Immediate'))"
    )


def _share(column: str) -> str:
    """Return the SQL condition that two campaigns have a value in common; `all` is every value."""
    return f"('all' = ANY(o.{column}) OR 'all' = ANY(NEW.{column}) OR o.{column} && NEW.{column})"


#: Key of the advisory lock under which urgent alerts are approved one after the other, so that each sees the one before it.
URGENT_LOCK = (0x4650, 3)
#: As `campaigns.approval.recent_urgent` says it in Python.
APPROVED_TWICE = pgtrigger.Trigger(
    name="approved_twice",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    func=f"""
        IF OLD.state = 'submitted' AND NEW.state = 'approved' AND {_is_urgent("NEW")} THEN
            PERFORM pg_advisory_xact_lock({URGENT_LOCK[0]}, {URGENT_LOCK[1]});
            IF EXISTS (
                SELECT 1 FROM notifications_campaign o
                WHERE o.id <> NEW.id AND o.approved_at IS NOT NULL AND o.state <> 'expired' AND {_is_urgent("o")}
                    AND (o.state = 'approved' OR coalesce(o.starts_at, o.approved_at) > NEW.approved_at - interval '7 days')
                    AND {_share("apps")} AND {_share("countries")} AND {_share("regions")} AND {_share("audiences")}
            ) AND NOT EXISTS (
                SELECT 1 FROM notifications_firstapproval f
                WHERE f.campaign_id = NEW.id AND f.fingerprint = NEW.fingerprint AND f.by_id <> NEW.approved_by_id
            ) THEN
                RAISE EXCEPTION 'two people approve another urgent alert to the same people within 7 days'
                    USING ERRCODE = 'check_violation';
            END IF;
        END IF;
        RETURN NEW;
    """,  # noqa: S608  (closed values of our own)
)

FROZEN_DEFINITION = pgtrigger.Trigger(
    name="frozen_definition",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    func=f"""
        IF NOT (OLD.state = 'draft' AND NEW.state = 'draft') AND {_changed(DEFINITION)} THEN
            RAISE EXCEPTION 'only a draft can be edited' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,
)

#: The people who submit and approve a campaign act on all of its apps and countries (`notifications.campaigns.limits`).
WITHIN_LIMITS = pgtrigger.Trigger(
    name="within_limits",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    func="""
        IF EXISTS (SELECT 1 FROM core_user person
            WHERE (OLD.state = 'draft' AND NEW.state = 'submitted' AND person.id = NEW.submitted_by_id
                OR OLD.state = 'submitted' AND NEW.state = 'approved' AND person.id = NEW.approved_by_id)
            AND NOT (
                ('*' = ANY(person.campaign_apps) OR NEW.apps <@ person.campaign_apps)
                AND ('*' = ANY(person.campaign_countries) OR NEW.countries <@ person.campaign_countries)
            )
        ) THEN
            RAISE EXCEPTION 'a campaign is submitted and approved by people who act on its apps and countries'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,
)

APPROVER_NOT_PAUSED = not_paused(
    "approver_not_paused", column="approved_by_id", when="OLD.state = 'submitted' AND NEW.state = 'approved'"
)

IN_PROGRAMME = pgtrigger.Trigger(
    name="in_programme",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    func="""
        IF NEW.programme_id IS DISTINCT FROM OLD.programme_id AND NOT (OLD.state = 'draft' AND NEW.state = 'draft') THEN
            RAISE EXCEPTION 'a campaign joins or leaves a programme as a draft' USING ERRCODE = 'check_violation';
        END IF;
        IF OLD.state = 'submitted' AND NEW.state = 'approved' AND EXISTS (
            SELECT 1 FROM notifications_campaign c
            WHERE c.programme_id = NEW.programme_id AND NEW.approved_by_id = ANY(c.touched_by)
        ) THEN
            RAISE EXCEPTION 'nobody approves a programme in which they wrote, edited or submitted a campaign'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,
)

KEPT = pgtrigger.Trigger(
    name="kept",
    when=pgtrigger.Before,
    operation=pgtrigger.Delete,
    func="""
        IF OLD.state <> 'draft' THEN
            RAISE EXCEPTION 'only a draft can be deleted' USING ERRCODE = 'check_violation';
        END IF;
        RETURN OLD;
    """,
)
