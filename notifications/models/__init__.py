"""Apps, their installations, campaigns and the state of their delivery."""

from notifications.models.app import App, PushMode
from notifications.models.app_revision import AppRevision
from notifications.models.batch import Batch, BatchState
from notifications.models.brake import Brake, BrakeState
from notifications.models.campaign import Campaign
from notifications.models.campaign_approval import CampaignLook, FirstApproval, SecondReading
from notifications.models.campaign_state import CampaignState
from notifications.models.draft_task import CautionAnswer, DraftStart, DraftTask, TaskEntry
from notifications.models.heartbeat import Heartbeat, HeartbeatPart
from notifications.models.maintenance_run import MaintenanceRun
from notifications.models.message import Message
from notifications.models.programme import Programme
from notifications.models.progress_sample import ProgressSample
from notifications.models.quota import Quota
from notifications.models.receipt_count import ReceiptCount, ReceiptEvent
from notifications.models.registration import Registration
from notifications.models.registration_row import AddressKind, Registered
from notifications.models.scheduler_run import SchedulerRun
from notifications.models.segment import Platform, Segment
from notifications.models.segment_count import SegmentCount
from notifications.models.staff_message import StaffMessage
from notifications.models.synthetic_alert import SyntheticAlert
from notifications.models.test_phone import PairedPhone, PairingRequest, TestSend
from notifications.models.translation_request import RequestState, TranslationRequest
from notifications.models.unregistered import Unregistered
from notifications.models.wave import Wave
from notifications.models.worker_note import WorkerNote

__all__ = [
    "AddressKind",
    "App",
    "AppRevision",
    "Batch",
    "BatchState",
    "Brake",
    "BrakeState",
    "Campaign",
    "CampaignLook",
    "CampaignState",
    "CautionAnswer",
    "DraftStart",
    "DraftTask",
    "FirstApproval",
    "Heartbeat",
    "HeartbeatPart",
    "MaintenanceRun",
    "Message",
    "PairedPhone",
    "PairingRequest",
    "Platform",
    "Programme",
    "ProgressSample",
    "PushMode",
    "Quota",
    "ReceiptCount",
    "ReceiptEvent",
    "Registered",
    "Registration",
    "RequestState",
    "SchedulerRun",
    "SecondReading",
    "Segment",
    "SegmentCount",
    "StaffMessage",
    "SyntheticAlert",
    "TaskEntry",
    "TestSend",
    "TranslationRequest",
    "Unregistered",
    "Wave",
    "WorkerNote",
]
