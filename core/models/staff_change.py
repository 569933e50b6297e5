"""Proposed changes of who may do what; each takes effect when a second person approves it."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from core.models.account_rules import WITHIN_RIGHTS_OF_PERSON
from core.models.user import everything
from core.querysets import manager_of

_PROPOSED = (
    "act",
    "account",
    "username",
    "email",
    "roles",
    "locales",
    "campaign_apps",
    "campaign_countries",
    "content_countries",
    "reason",
    "proposed_by",
    "proposed_at",
)

#: Nothing of a proposal changes but its decision, and that once. Who proposes and who approves is an active administrator, or a
#: lead who has every right that the change gives or takes. A lead withdraws rights alone.
_DECIDED_ONCE = f"""
    IF TG_OP = 'UPDATE' AND (OLD.approved_at IS NOT NULL OR OLD.withdrawn_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a decided change of an account stays as it is' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.account_id IS NOT NULL AND NEW.account_id IS DISTINCT FROM OLD.account_id THEN
        RAISE EXCEPTION 'a change stays that of its account' USING ERRCODE = 'check_violation';
    END IF;
    -- Rights change in the transaction that approves (core.models.account_rules), and in no other.
    NEW.approved_in := NULL;
    IF NEW.approved_at IS NOT NULL THEN
        NEW.approved_in := pg_current_xact_id()::text::bigint;
        IF TG_OP = 'INSERT' THEN
            RAISE EXCEPTION 'a change of an account begins as a proposal' USING ERRCODE = 'check_violation';
        END IF;
        SELECT * INTO account FROM core_user WHERE id = NEW.account_id AND username = NEW.username;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a change is of the account that it names' USING ERRCODE = 'check_violation';
        END IF;
        held := ARRAY(SELECT role.name::text FROM core_user_groups member JOIN auth_group role ON role.id = member.group_id
            WHERE member.user_id = account.id);
        IF NEW.act = 'take-back' AND NOT (NEW.roles::text[] <@ held AND NEW.locales <@ account.locales
            AND NEW.content_countries <@ account.content_countries) THEN
            RAISE EXCEPTION 'rights that are taken back are not given' USING ERRCODE = 'check_violation';
        END IF;
        SELECT count(*) INTO deciding FROM (
            SELECT person.*, ARRAY(
                SELECT role.name::text FROM core_user_groups member JOIN auth_group role ON role.id = member.group_id
                WHERE member.user_id = person.id
            ) AS roles FROM core_user person
            WHERE person.is_active AND person.is_staff AND person.id IN (NEW.proposed_by_id, NEW.approved_by_id)
        ) person WHERE NEW.act <> 'take-back' AND 'administrator' = ANY(person.roles) OR {WITHIN_RIGHTS_OF_PERSON};
        IF deciding < (CASE NEW.act WHEN 'take-back' THEN 1 ELSE 2 END) THEN
            RAISE EXCEPTION 'a change of an account takes two active administrators, or leads who have the rights themselves'
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
"""  # noqa: S608  (constants)


class StaffAct(models.TextChoices):
    """What a change does when it is approved."""

    INVITE = "invite", "Invite"
    CHANGE = "change", "Change roles, languages and limits"
    RESET = "reset", "Reset the sign-in"
    REOPEN = "reopen", "Open the account again"
    #: A lead withdraws rights, alone: nothing is given. Triggers of earlier migrations name the stored value.
    WITHDRAW = "take-back", "Withdraw rights"


class StaffChangeQuerySet(models.QuerySet["StaffChange"]):
    """Find changes."""

    def waiting(self) -> StaffChangeQuerySet:
        """Filter those that wait for a second person."""
        return self.filter(approved_at=None, withdrawn_at=None)


class StaffChange(models.Model):
    """One proposal about one account, or about one that does not exist yet; `core.staff_changes` decides it."""

    act = models.CharField(max_length=10, choices=StaffAct.choices)
    #: Empty for an invitation until it is approved.
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    username = models.CharField(max_length=150)
    email = models.EmailField(blank=True, default="")
    roles = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    locales = ArrayField(models.CharField(max_length=35), default=list, blank=True)
    campaign_apps = ArrayField(models.CharField(max_length=40), default=everything, db_default=["*"], blank=True)
    campaign_countries = ArrayField(models.CharField(max_length=3), default=everything, db_default=["*"], blank=True)
    content_countries = ArrayField(models.CharField(max_length=3), default=everything, db_default=["*"], blank=True)
    reason = models.CharField(max_length=300, blank=True, default="")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    #: Number of the transaction that approved it, written by a trigger.
    approved_in = models.BigIntegerField(null=True, blank=True, editable=False)

    objects: ClassVar[StaffChangeQuerySet] = manager_of(StaffChangeQuerySet)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=Q(act__in=StaffAct.values), name="staffchange_act"),
            models.CheckConstraint(
                condition=Q(approved_at__isnull=True, approved_by__isnull=True)
                | (
                    Q(approved_at__isnull=False, approved_by__isnull=False, withdrawn_at__isnull=True)
                    & (~Q(approved_by=F("proposed_by")) | Q(act=StaffAct.WITHDRAW))
                ),
                name="staffchange_four_eyes",
            ),
            # Withdrawing rights waits for nobody, and no proposal delays it.
            models.UniqueConstraint(
                fields=("username",),
                condition=Q(approved_at=None, withdrawn_at=None) & ~Q(act=StaffAct.WITHDRAW),
                name="staffchange_one_proposal",
            ),
        )
        triggers = (
            pgtrigger.ReadOnly(name="proposal_fixed", fields=[name for name in _PROPOSED if name != "account"]),
            pgtrigger.Trigger(
                name="decided_once",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                declare=[("account", "RECORD"), ("held", "TEXT[]"), ("deciding", "INTEGER")],
                func=_DECIDED_ONCE,
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"{self.act} {self.username}"
