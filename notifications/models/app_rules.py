"""The rule of apps that the database enforces on the role of the running product."""

from __future__ import annotations

import pgtrigger

from core.models.account_rules import OWNER

_SAME = "(NEW.push_mode, NEW.mode_by_country, NEW.basis_for_teens)"

#: How an app receives alerts and whose addresses it stores change by an approved revision; what it is does not change at all.
ONLY_APPROVED = pgtrigger.Trigger(
    name="only_approved",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
    func=f"""
        IF {OWNER} THEN
            RETURN coalesce(NEW, OLD);
        END IF;
        IF TG_OP = 'DELETE' THEN
            RAISE EXCEPTION 'an app is kept' USING ERRCODE = 'check_violation';
        END IF;
        IF TG_OP = 'INSERT' THEN
            IF NEW.basis_for_teens <> '{{}}' OR NEW.revision_id IS NOT NULL THEN
                RAISE EXCEPTION 'a new app stores no addresses of teenagers' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END IF;
        IF (NEW.name, NEW.project, NEW.test) IS DISTINCT FROM (OLD.name, OLD.project, OLD.test) THEN
            RAISE EXCEPTION 'name, Firebase project and purpose of an app stay as they are' USING ERRCODE = 'check_violation';
        END IF;
        IF {_SAME} IS NOT DISTINCT FROM {_SAME.replace("NEW", "OLD")}
            AND NEW.revision_id IS NOT DISTINCT FROM OLD.revision_id THEN
            RETURN NEW;
        END IF;
        PERFORM 1 FROM notifications_apprevision r
            WHERE r.id = NEW.revision_id AND r.app_id = NEW.name AND r.state = 'approved' AND r.id > coalesce(OLD.revision_id, 0)
            AND (r.push_mode, r.mode_by_country, r.basis_for_teens) IS NOT DISTINCT FROM {_SAME}
            AND NOT EXISTS (SELECT 1 FROM notifications_apprevision n
                WHERE n.app_id = NEW.name AND n.state = 'approved' AND n.id > r.id);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'an app changes only by an approved revision that says so' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,  # noqa: S608  (constants)
)
