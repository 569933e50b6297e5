"""The fingerprint of a campaign: SHA-256 over everything that it will do, so that an approval covers exactly that."""

from __future__ import annotations

from typing import Any

from core.canonical import canonical_json, digest
from core.errors import Conflict
from notifications.campaigns import definition, texts
from notifications.models.app import App
from notifications.models.campaign import Campaign


class FingerprintDiffers(Conflict):
    """What is stored is not what was approved. Nothing is sent."""

    code = "fingerprint"


def compute(campaign: Campaign) -> str:
    """Return the fingerprint of the campaign with the messages that are stored for it now."""
    return digest(canonical_json(document(campaign)))


def document(campaign: Campaign) -> dict[str, Any]:
    """Return the document that the fingerprint is computed over."""
    apps = App.objects.named(campaign.apps, actual=campaign.status == "Actual")
    return {
        "v": 1,
        "campaign": campaign.pk,
        "thread": campaign.alert,
        "rev": campaign.rev,
        "definition": definition.write(campaign),
        "apps": {app.name: app.project for app in apps},
        "messages": {message.key: message.body for message in campaign.messages.all()},
        "locales": texts.locale_map(campaign),
    }
