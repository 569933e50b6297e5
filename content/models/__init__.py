"""The tables of content: texts, services and their channels, releases. One model a file."""

from content.models.assurance import Assurance
from content.models.channel import Channel
from content.models.channel_revision import ChannelRevision
from content.models.correction_count import CorrectionCount
from content.models.correction_link import CorrectionLink
from content.models.country import Country
from content.models.declined_reading import DeclinedReading
from content.models.figure import Figure
from content.models.judgement import Judgement
from content.models.link import LinkCheck, LinkHost
from content.models.locale import Locale
from content.models.locale_revision import LocaleRevision
from content.models.manifest import Manifest
from content.models.organization import Organization
from content.models.organization_revision import OrganizationRevision
from content.models.pack import Pack, ReleasePack
from content.models.pack_coverage import PackCoverage
from content.models.reading_link import ReadingLink
from content.models.release import Release
from content.models.release_change import ReleaseChange, ReleaseEffect
from content.models.reply import Reply
from content.models.scheduled_publication import ScheduledPublication
from content.models.service import Service
from content.models.service_notice import ServiceNotice
from content.models.service_revision import ServiceRevision
from content.models.set_aside_text import SetAsideText
from content.models.target import Target
from content.models.target_revision import TargetRevision
from content.models.text_comment import TextComment
from content.models.text_import import TextImport
from content.models.text_suggestion import TextSuggestion
from content.models.tip import Tip
from content.models.tip_presence import TipPresence
from content.models.tip_revision import TipRevision
from content.models.tip_withdrawal import TipWithdrawal, WithdrawnTipPack
from content.models.unit import Unit
from content.models.unit_approval import UnitApproval
from content.models.unit_revision import UnitRevision
from content.models.unsaved_text import UnsavedText
from content.models.withdrawal import Withdrawal, WithdrawnPack

__all__ = [
    "Assurance",
    "Channel",
    "ChannelRevision",
    "CorrectionCount",
    "CorrectionLink",
    "Country",
    "DeclinedReading",
    "Figure",
    "Judgement",
    "LinkCheck",
    "LinkHost",
    "Locale",
    "LocaleRevision",
    "Manifest",
    "Organization",
    "OrganizationRevision",
    "Pack",
    "PackCoverage",
    "ReadingLink",
    "Release",
    "ReleaseChange",
    "ReleaseEffect",
    "ReleasePack",
    "Reply",
    "ScheduledPublication",
    "Service",
    "ServiceNotice",
    "ServiceRevision",
    "SetAsideText",
    "Target",
    "TargetRevision",
    "TextComment",
    "TextImport",
    "TextSuggestion",
    "Tip",
    "TipPresence",
    "TipRevision",
    "TipWithdrawal",
    "Unit",
    "UnitApproval",
    "UnitRevision",
    "UnsavedText",
    "Withdrawal",
    "WithdrawnPack",
    "WithdrawnTipPack",
]
