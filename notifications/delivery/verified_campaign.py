"""A campaign as a sender may use it: checked against its approval, with its messages cut ready for addresses."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from notifications.campaigns import audience, fingerprint, texts
from notifications.delivery.fcm import Template
from notifications.models.batch import Batch
from notifications.models.campaign import Campaign
from notifications.models.message import key
from notifications.models.segment import Segment
from notifications.models.wave import Wave


class NotAsApproved(Exception):
    """What is stored is not what was approved; the argument says in words why nothing is sent."""


@dataclass
class Order:
    """A campaign that was checked against its approval: which segment gets which message."""

    campaign: Campaign
    templates: dict[int, Template]
    _message_of: dict[int, int] = field(default_factory=dict)
    _waves: dict[int, Wave] = field(default_factory=dict)

    @classmethod
    def load(cls, campaign_id: int) -> Order:
        """Read the campaign and its messages, or raise NotAsApproved: exactly the approved bytes leave, to those meant."""
        campaign = Campaign.objects.get(pk=campaign_id)
        if campaign.approved_by_id is None or fingerprint.compute(campaign) != campaign.fingerprint:
            raise NotAsApproved("What is stored is not what was approved: the fingerprint differs. Nothing is sent.")
        try:
            audience.apps(campaign)
        except audience.NotForReaders as error:
            raise NotAsApproved(error.detail) from error
        counted: Counter[bool] = Counter()
        for by_topic, n in Batch.objects.filter(wave__campaign=campaign).values_list("wave__by_topic", "n"):
            counted[by_topic] += n
        try:
            audience.check_size(campaign, devices=counted[False], topics=counted[True])
        except audience.TooFew as error:
            raise NotAsApproved(error.detail) from error
        return cls(campaign, {message.pk: Template(message.body) for message in campaign.messages.all()})

    def segments(self, wave_id: int, low: int, high: int) -> list[int]:
        """Return the wave's segments within a range of a batch."""
        return [segment for segment in self._wave(wave_id).segments if low <= segment <= high]

    def canary(self, wave_id: int) -> list[int]:
        """Return the tickets of the wave that have a batch of their own."""
        return self._wave(wave_id).canary

    def is_by_topic(self, wave_id: int) -> bool:
        """Tell whether the wave goes to topics instead of registrations."""
        return self._wave(wave_id).by_topic

    def message(self, segment_id: int) -> int:
        """Return the id of the message for a segment."""
        if segment_id not in self._message_of:
            by_key = {message.key: message.pk for message in self.campaign.messages.all()}
            for segment in Segment.objects.filter(pk__in=self._all_segments()):
                locale = texts.served(self.campaign, segment.locale)
                tongue = locale if locale is not None else f"{self.campaign.home_locale}*"
                self._message_of[segment.pk] = by_key[key(tongue, segment.audience, segment.platform)]
        return self._message_of[segment_id]

    def _wave(self, wave_id: int) -> Wave:
        if wave_id not in self._waves:
            self._waves[wave_id] = Wave.objects.get(pk=wave_id)
        return self._waves[wave_id]

    def _all_segments(self) -> set[int]:
        return {segment for wave in self._waves.values() for segment in wave.segments}
