"""The approved channels of services; ChannelRevision alone changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pgtrigger
from django.db import models

from content.models.channel_facts import FACTS, ChannelFacts

if TYPE_CHECKING:
    from content.models.channel_revision import ChannelRevision

_same_facts = ", ".join(f'r."{name}"' for name in FACTS)
_new_facts = ", ".join(f'NEW."{name}"' for name in FACTS)

#: No statement can make a channel differ from its newest approved revision.
_ONLY_APPROVED = f"""
    IF TG_OP = 'DELETE' THEN
        PERFORM 1 FROM content_channelrevision r
            WHERE r.service_id = OLD.service_id AND r.position = OLD.position
            AND r.state = 'approved' AND r.act = 'remove' AND r.id > OLD.revision_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a channel goes only by an approved revision' USING ERRCODE = 'check_violation';
        END IF;
        RETURN OLD;
    END IF;
    PERFORM 1 FROM content_channelrevision r
        WHERE r.id = NEW.revision_id AND r.state = 'approved' AND r.act <> 'remove'
        AND r.service_id = NEW.service_id AND r.position = NEW.position
        AND ({_same_facts}) IS NOT DISTINCT FROM ({_new_facts});
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a number or address changes only by an approved revision that says so'
            USING ERRCODE = 'check_violation';
    END IF;
    PERFORM 1 FROM content_channelrevision r
        WHERE r.service_id = NEW.service_id AND r.position = NEW.position
        AND r.state = 'approved' AND r.id > NEW.revision_id;
    IF FOUND OR (TG_OP = 'UPDATE' AND NEW.revision_id < OLD.revision_id) THEN
        RAISE EXCEPTION 'an approved revision takes effect once; a newer one was approved'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class ChannelManager(models.Manager["Channel"]):
    """Apply approved revisions; nothing else writes channels."""

    def apply(self, revision: ChannelRevision) -> None:
        """Add, change or remove the channel as the approved revision says, in the transaction that approves it."""
        slot = self.filter(service_id=revision.service_id, position=revision.position)
        if revision.act == "remove":
            slot.delete()
            return
        values = {**revision.facts(), "revision": revision}
        if not slot.update(**values):
            self.create(service_id=revision.service_id, position=revision.position, **values)


class Channel(ChannelFacts):
    """One way to reach a service: a phone number, text number, web page, mailbox, chat or route inside an app."""

    revision = models.OneToOneField("content.ChannelRevision", on_delete=models.PROTECT, related_name="channel")

    objects: ClassVar[ChannelManager] = ChannelManager()

    class Meta(ChannelFacts.Meta):
        ordering = ("service_id", "position")
        permissions = (("assure_channel", "Can assure that a channel works"),)
        constraints = (
            *ChannelFacts.Meta.constraints,
            models.UniqueConstraint(fields=("service", "position"), name="channel_one_at_a_position"),
        )
        triggers = (
            pgtrigger.Trigger(
                name="only_approved",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=_ONLY_APPROVED,
            ),
        )

    def __str__(self) -> str:
        return f"{self.service_id} {self.position}: {self.dial or self.address or self.type}"
