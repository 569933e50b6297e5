"""Rename the verbs of the audit log to one form, `thing.done` (core.audit_verbs).

The log refuses every UPDATE by a trigger. It is lifted here for one statement, inside the migration's transaction, and changes
verbs alone: who did what, when and to which row stays as it was written.
"""

from django.db import migrations

#: (model, old verb) to the new verb.
RENAMED = {
    ("core.User", "add-staff"): "staff.added",
    ("core.User", "change-staff"): "staff.changed",
    ("content.Unit", "write"): "source.written",
    ("content.Unit", "revise"): "source.revised",
    ("content.Unit", "approve"): "source.approved",
    ("content.Target", "write"): "translation.written",
    ("content.Target", "rewrite"): "translation.revised",
    ("content.Target", "approve"): "translation.approved",
    ("content.Target", "confirm"): "translation.confirmed",
    ("content.Target", "clear"): "translation.cleared",
    ("content.Target", "take out"): "translation.cleared",
    ("content.Tip", "amend"): "tip.changed",
    ("content.Tip", "retire"): "tip.retired",
    ("content.Tip", "bring back"): "tip.restored",
    ("", "load facts"): "facts.loaded",
    ("", "load words"): "texts.loaded",
    ("content.Service", "amend"): "service.changed",
    ("content.Withdrawal", "withdraw"): "service.withdrawn",
    ("content.Withdrawal", "put back"): "service.put_back",
    ("content.ChannelRevision", "propose"): "channel_change.proposed",
    ("content.ChannelRevision", "approve"): "channel_change.approved",
    ("content.ChannelRevision", "withdraw"): "channel_change.withdrawn",
    ("content.Channel", "assure"): "channel.checked",
    ("content.Release", "take away lapsed"): "expired_channels.removed",
    ("content.ServiceNotice", "propose"): "notice.proposed",
    ("content.ServiceNotice", "approve"): "notice.approved",
    ("content.ServiceNotice", "withdraw"): "notice.withdrawn",
    ("content.ServiceNotice", "end"): "notice.ended",
    ("content.CorrectionLink", "issue link"): "correction_link.created",
    ("content.CorrectionLink", "revoke link"): "correction_link.revoked",
    ("content.Reply", "take reply"): "reply.accepted",
    ("content.Reply", "decline reply"): "reply.dismissed",
    ("content.Release", "compile"): "release.compiled",
    ("content.Release", "roll back"): "release.rolled_back",
    ("content.Release", "publish"): "release.published",
    ("content.Release", "supersede"): "release.superseded",
    ("content.Release", "discard"): "release.discarded",
    ("notifications.Campaign", "submit"): "campaign.submitted",
    ("notifications.Campaign", "return"): "campaign.returned",
    ("notifications.Campaign", "reject"): "campaign.rejected",
    ("notifications.Campaign", "approve"): "campaign.approved",
    ("notifications.Campaign", "reopen"): "campaign.reopened",
    ("notifications.Campaign", "begin"): "campaign.started",
    ("notifications.Campaign", "refuse"): "campaign.refused",
    ("notifications.Campaign", "hold"): "campaign.held",
    ("notifications.Campaign", "release"): "campaign.released",
    ("notifications.Campaign", "pause"): "campaign.paused",
    ("notifications.Campaign", "resume"): "campaign.resumed",
    ("notifications.Campaign", "halt"): "campaign.halted",
    ("notifications.Campaign", "stop"): "campaign.stopped",
    ("notifications.Campaign", "expire"): "campaign.expired",
    ("notifications.Campaign", "finish"): "campaign.finished",
    ("notifications.Campaign", "withdraw"): "campaign.withdrawn",
    ("notifications.Brake", "stops everything"): "sending.stopped",
    ("notifications.Brake", "releases everything"): "sending.resumed",
    ("", "puts installations back on the list"): "registrations.restored",
}

_TRIGGER = "pgtrigger_append_only_97da0"
_VALUES = ", ".join(f"('{model}', '{old}', '{new}')" for (model, old), new in RENAMED.items())
RENAME = [
    f"ALTER TABLE core_auditentry DISABLE TRIGGER {_TRIGGER}",
    f"""
    UPDATE core_auditentry entry SET verb = renamed.new FROM (VALUES {_VALUES}) renamed (model, old, new)
    WHERE entry.model = renamed.model AND entry.verb = renamed.old
    """,
    f"ALTER TABLE core_auditentry ENABLE TRIGGER {_TRIGGER}",
]


class Migration(migrations.Migration):
    dependencies = [("core", "0001_first")]

    operations = [migrations.RunSQL(RENAME, migrations.RunSQL.noop)]
