"""The form of responses, for the OpenAPI schema alone: packs are served as compiled, without serializers."""

from api.v1.shapes.base import (
    CountryLabelSerializer,
    FieldErrorSerializer,
    LocaleLabelSerializer,
    PackResponseSerializer,
    PhraseSerializer,
    ProblemSerializer,
    ResponseSerializer,
)
from api.v1.shapes.figures import FigureLabelsSerializer, FigureListSerializer, FigureSerializer, PeriodSerializer
from api.v1.shapes.handouts import HandoutFilesSerializer, HandoutListSerializer, HandoutSerializer
from api.v1.shapes.pack import LabelsSerializer, PackSerializer, RetiredSerializer
from api.v1.shapes.plan import (
    AvailabilitySerializer,
    ConditionSerializer,
    HelpAnswerSerializer,
    NoteSerializer,
    OpeningSerializer,
    PlanStepSerializer,
    ReasonSerializer,
)
from api.v1.shapes.service_document import LocaleEntrySerializer, ServiceDocumentSerializer
from api.v1.shapes.services import (
    ChannelSerializer,
    EligibilitySerializer,
    NoticeSerializer,
    OpeningTimesSerializer,
    OrganizationSerializer,
    RouteSerializer,
    ServiceAnswerSerializer,
    ServiceLabelsSerializer,
    ServiceListSerializer,
    ServiceSerializer,
    WeekSerializer,
    WeekSpanSerializer,
)
from api.v1.shapes.tips import TipAnswerSerializer, TipListSerializer, TipSerializer

__all__ = [
    "AvailabilitySerializer",
    "ChannelSerializer",
    "ConditionSerializer",
    "CountryLabelSerializer",
    "EligibilitySerializer",
    "FieldErrorSerializer",
    "FigureLabelsSerializer",
    "FigureListSerializer",
    "FigureSerializer",
    "HandoutFilesSerializer",
    "HandoutListSerializer",
    "HandoutSerializer",
    "HelpAnswerSerializer",
    "LabelsSerializer",
    "LocaleEntrySerializer",
    "LocaleLabelSerializer",
    "NoteSerializer",
    "NoticeSerializer",
    "OpeningSerializer",
    "OpeningTimesSerializer",
    "OrganizationSerializer",
    "PackResponseSerializer",
    "PackSerializer",
    "PeriodSerializer",
    "PhraseSerializer",
    "PlanStepSerializer",
    "ProblemSerializer",
    "ReasonSerializer",
    "ResponseSerializer",
    "RetiredSerializer",
    "RouteSerializer",
    "ServiceAnswerSerializer",
    "ServiceDocumentSerializer",
    "ServiceLabelsSerializer",
    "ServiceListSerializer",
    "ServiceSerializer",
    "TipAnswerSerializer",
    "TipListSerializer",
    "TipSerializer",
    "WeekSerializer",
    "WeekSpanSerializer",
]
