"""The columns that a channel and its revisions share."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from content.terms import ChannelType, Cost, NumberType

#: The columns that only an approved revision can change in a channel.
FACTS: tuple[str, ...] = (
    "type",
    "number_type",
    "dial",
    "address",
    "keyword",
    "mnemonic",
    "hours",
    "cost",
    "anonymous",
    "on_bill",
    "situations",
    "source",
)

_NUMBERS = Q(type__in=[ChannelType.PHONE, ChannelType.SMS])


class ChannelFacts(models.Model):
    """How a service is reached. Empty text and NULL mean that something is not known."""

    service = models.ForeignKey("content.Service", on_delete=models.PROTECT, related_name="%(class)ss")
    #: From 1, best first; never reused for another channel of the service, because the keys of its texts contain it.
    position = models.PositiveSmallIntegerField()
    type = models.CharField(max_length=5, choices=ChannelType.choices)
    number_type = models.CharField(max_length=5, choices=NumberType.choices, blank=True)
    dial = models.CharField(max_length=40, blank=True, help_text="As dialled inside the country: digits, + * # and spaces.")
    address = models.CharField(
        max_length=500, blank=True, help_text="E.164 or the short number; https address; mailbox; whatsapp:+… or telegram:@…"
    )
    keyword = models.CharField(max_length=20, blank=True, help_text="Word to send by SMS.")
    mnemonic = models.CharField(max_length=40, blank=True, help_text="Vanity form as advertised; never dialled.")
    hours = models.CharField(max_length=200, blank=True, help_text="OSM opening_hours; empty: not known.")
    cost = models.CharField(max_length=8, choices=Cost.choices, default=Cost.UNKNOWN)
    anonymous = models.BooleanField(null=True, blank=True)
    on_bill = models.BooleanField(null=True, blank=True, help_text="Whether it shows on a phone bill.")
    situations = ArrayField(
        models.CharField(max_length=20), null=True, blank=True, help_text="Those that the channel is for; unset: all."
    )
    source = models.CharField(max_length=500, blank=True, help_text="Where it was read; never shown to readers.")

    class Meta:
        abstract = True
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            models.CheckConstraint(condition=Q(type__in=ChannelType.values), name="%(class)s_type"),
            models.CheckConstraint(condition=Q(cost__in=Cost.values), name="%(class)s_cost"),
            models.CheckConstraint(condition=Q(dial="") | Q(dial__regex=r"^[0-9+*#][0-9+*# ]*$"), name="%(class)s_dial"),
            models.CheckConstraint(
                condition=(_NUMBERS & ~Q(dial="") & Q(number_type__in=NumberType.values))
                | (~_NUMBERS & Q(dial="", number_type="")),
                name="%(class)s_numbers_have_dial",
            ),
            models.CheckConstraint(
                # A short number does not connect with a country code.
                condition=~Q(number_type=NumberType.SHORT) | Q(address__regex=r"^[0-9*#]+$", dial__regex=r"^[0-9*# ]+$"),
                name="%(class)s_short_is_never_plus",
            ),
            models.CheckConstraint(
                condition=~Q(number_type=NumberType.E164) | Q(address__regex=r"^\+[1-9][0-9]{6,14}$"), name="%(class)s_e164"
            ),
            models.CheckConstraint(
                condition=Q(type__in=[ChannelType.PHONE, ChannelType.SMS])
                | Q(type=ChannelType.URL, address__regex=r"^https://[^[:space:]]+$")
                | Q(type=ChannelType.EMAIL, address__regex=r"^[^[:space:]@]+@[^[:space:]@]+$")
                | Q(type=ChannelType.CHAT, address__regex=r"^(https://[^[:space:]]+|whatsapp:\+[1-9][0-9]{6,14}|telegram:@\w+)$")
                | Q(type=ChannelType.APP, address=""),
                name="%(class)s_address",
            ),
            # A channel for no situation would be shown to nobody.
            models.CheckConstraint(condition=Q(situations=None) | ~Q(situations=[]), name="%(class)s_situations"),
        )

    def facts(self) -> dict[str, object]:
        """Return the values of FACTS by column."""
        return {name: getattr(self, name) for name in FACTS}
