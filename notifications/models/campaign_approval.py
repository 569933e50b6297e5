"""What leads to the approval of a campaign: second readings of its texts, a first approval, and what each approver has seen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from core.models.account_rules import not_paused
from core.querysets import manager_of
from notifications.models.campaign import Campaign

#: People who wrote, edited or submitted a campaign neither confirm its texts nor approve it.
_BY_ANOTHER = """
    IF EXISTS (SELECT 1 FROM notifications_campaign c WHERE c.id = NEW.campaign_id AND NEW.by_id = ANY(c.touched_by)) THEN
        RAISE EXCEPTION 'nobody confirms or approves a campaign that they wrote, edited or submitted'
            USING ERRCODE = 'check_violation';
    END IF;
"""


class SecondReadingQuerySet(models.QuerySet["SecondReading"]):
    """Find second readings."""

    def valid_for(self, campaigns: Iterable[Campaign]) -> SecondReadingQuerySet:
        """Return those of the texts that the campaigns have now, by people who have not touched them; the newest first."""
        valid = Q(pk__in=())
        for campaign in campaigns:
            texts = Q(*(Q(locale=locale, words=words) for locale, words in campaign.words.items()), _connector=Q.OR)
            valid |= Q(campaign=campaign) & ~Q(by__in=campaign.touched_by) & texts
        return self.filter(valid).select_related("by").order_by("-at", "-id")


class SecondReading(models.Model):
    """One person who reads a language has read a campaign's text in it, and confirms that it is right.

    A reading holds the text itself: it stays valid through a new submission that leaves this language as it was.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="second_readings")
    locale = models.CharField(max_length=35)
    words = models.JSONField(help_text="The text that was read, written by a trigger.")
    meaning = models.CharField(max_length=500, blank=True, help_text="What the text says, in the reader's own words.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects: ClassVar[SecondReadingQuerySet] = manager_of(SecondReadingQuerySet)

    class Meta:
        indexes = (models.Index(fields=["campaign", "locale"], name="secondreading_campaign"),)
        triggers = (
            pgtrigger.Trigger(
                name="by_another", when=pgtrigger.Before, operation=pgtrigger.Insert, func=_BY_ANOTHER + "RETURN NEW;"
            ),
            pgtrigger.Trigger(
                name="of_the_stored_text",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NOT EXISTS (SELECT 1 FROM core_user u WHERE u.id = NEW.by_id
                        AND (NEW.locale = ANY(u.locales) OR '*' = ANY(u.locales))) THEN
                        RAISE EXCEPTION 'a text is confirmed by a person who reads its language'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    NEW.words := (SELECT c.words -> NEW.locale FROM notifications_campaign c WHERE c.id = NEW.campaign_id);
                    RETURN NEW;
                """,
            ),
            pgtrigger.Protect(name="immutable", operation=pgtrigger.Update),
        )

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.locale} by {self.by_id}"


class FirstApproval(models.Model):
    """The first of two approvals of a submission that needs two, with the reason for the campaign."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="first_approvals")
    fingerprint = models.CharField(max_length=64)
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["campaign", "fingerprint"], name="firstapproval_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="firstapproval_reason"),
        )
        triggers = (
            pgtrigger.Trigger(
                name="by_another",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=_BY_ANOTHER + "RETURN NEW;",
            ),
            not_paused("approver_not_paused", column="by_id", operation=pgtrigger.Insert),
            pgtrigger.Protect(name="immutable", operation=pgtrigger.Update),
        )

    def __str__(self) -> str:
        return f"{self.campaign_id} by {self.by_id}"


class CampaignLookQuerySet(models.QuerySet["CampaignLook"]):
    """Record and find what people have seen."""

    def last_before(self, campaigns: Iterable[Campaign], *, by: int) -> dict[int, CampaignLook]:
        """Return the person's latest look at an earlier submission of each campaign, by the campaign's id."""
        earlier = Q(pk__in=())
        for campaign in campaigns:
            earlier |= Q(campaign=campaign) & ~Q(fingerprint=campaign.fingerprint)
        found = self.filter(earlier, by=by).order_by("campaign_id", "-at").distinct("campaign_id")
        return {look.campaign_id: look for look in found}


class CampaignLook(models.Model):
    """One person has opened the approval page of one submission: the definition that was shown to them."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="looks")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    fingerprint = models.CharField(max_length=64)
    definition = models.JSONField()
    at = models.DateTimeField()

    objects: ClassVar[CampaignLookQuerySet] = manager_of(CampaignLookQuerySet)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["campaign", "by", "fingerprint"], name="campaignlook_once"),)

    def __str__(self) -> str:
        return f"{self.campaign_id} by {self.by_id}"
