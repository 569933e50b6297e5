"""A campaign that was checked against its approval, with its messages prepared for sending."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Sum

from notifications.campaigns import audience, fingerprint, messages
from notifications.delivery.fcm import MessageTemplate
from notifications.models.batch import Batch
from notifications.models.campaign import Campaign
from notifications.models.segment import Segment
from notifications.models.wave import Wave


class NotAsApproved(Exception):
    """The stored campaign differs from the approved one; the argument says why nothing is sent."""


@dataclass
class VerifiedCampaign:
    """A campaign whose fingerprint and audience were checked, and the message of each of its segments."""

    campaign: Campaign
    #: By message id.
    templates: dict[int, MessageTemplate]
    #: By message id; "" for topics.
    platforms: dict[int, str]
    _message_by_segment: dict[int, int] = field(default_factory=dict)
    _waves: dict[int, Wave] = field(default_factory=dict)

    @classmethod
    def load(cls, campaign_id: int) -> VerifiedCampaign:
        """Read the campaign and its messages; raises NotAsApproved unless bytes and audience are the approved ones."""
        campaign = Campaign.objects.get(pk=campaign_id)
        if campaign.approved_by_id is None or fingerprint.compute(campaign) != campaign.fingerprint:
            raise NotAsApproved(fingerprint.FingerprintDiffers().detail)
        try:
            audience.apps(campaign)
        except audience.WrongApps as error:
            raise NotAsApproved(error.detail) from error
        batches = Batch.objects.filter(wave__campaign=campaign)
        sizes = dict(batches.values_list("wave__by_topic").annotate(Sum("size")))
        try:
            audience.check_size(campaign, devices=sizes.get(False, 0), topics=sizes.get(True, 0))
        except audience.TooFew as error:
            raise NotAsApproved(error.detail) from error
        stored = list(campaign.messages.all())
        templates = {message.pk: MessageTemplate(message.body) for message in stored}
        return cls(campaign, templates, {message.pk: message.platform for message in stored})

    def segments(self, wave_id: int, low: int, high: int) -> list[int]:
        """Return the ids of the wave's segments from `low` to `high`, both included."""
        return [segment for segment in self._wave(wave_id).segments if low <= segment <= high]

    def canary(self, wave_id: int) -> list[int]:
        """Return the tickets of the wave's canary."""
        return self._wave(wave_id).canary

    def canary_segments(self, wave_id: int) -> dict[int, int]:
        """Return the segment of each ticket of the wave's canary; empty for a wave that was frozen without them."""
        wave = self._wave(wave_id)
        return dict(zip(wave.canary, wave.canary_segments, strict=False))

    def is_by_topic(self, wave_id: int) -> bool:
        """Return whether the wave is sent to topics instead of registrations."""
        return self._wave(wave_id).by_topic

    def message_id(self, segment_id: int) -> int:
        """Return the id of the message for a segment."""
        if segment_id not in self._message_by_segment:
            by_key = {message.key: message.pk for message in self.campaign.messages.all()}
            segments = Segment.objects.filter(pk__in=self._all_segments())
            for pk, key in messages.keys_by_segment(self.campaign, segments).items():
                self._message_by_segment[pk] = by_key[key]
        return self._message_by_segment[segment_id]

    def _wave(self, wave_id: int) -> Wave:
        if wave_id not in self._waves:
            self._waves[wave_id] = Wave.objects.get(pk=wave_id)
        return self._waves[wave_id]

    def _all_segments(self) -> set[int]:
        return {segment for wave in self._waves.values() for segment in wave.segments}
