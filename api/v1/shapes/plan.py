"""The form of a plan."""

from __future__ import annotations

from rest_framework import serializers

from api.v1.shapes.base import PackResponseSerializer, ResponseSerializer, text_field, text_list
from api.v1.shapes.services import RouteSerializer, ServiceLabelsSerializer, ServiceSerializer
from api.v1.shapes.tips import TipSerializer
from content.terms import Situation, Step


class ReasonSerializer(ResponseSerializer):
    """A reason, as a code and as a text."""

    code = text_field()
    text = text_field(allow_null=True)


class ConditionSerializer(ResponseSerializer):
    """A condition that the reader has to judge, because the age that it depends on was not given."""

    service = text_field()
    code = text_field()
    text = text_field(allow_null=True)


class NoteSerializer(ResponseSerializer):
    """What the reader should know of one service of a step, such as that it is for the young person to use."""

    service = text_field()
    code = text_field()
    text = text_field(allow_null=True)


class OpeningSerializer(ResponseSerializer):
    """Whether a channel is open now (null: unknown), and the next change that is known."""

    open = serializers.BooleanField(allow_null=True)
    closes_at = serializers.DateTimeField(allow_null=True)
    opens_at = serializers.DateTimeField(allow_null=True)


class AvailabilitySerializer(OpeningSerializer):
    """Whether a service is open now on one of the channels that this reader can use, and the same of each channel."""

    channels = OpeningSerializer(many=True, help_text="In the order of the service's channels.")


class PlanStepSerializer(ResponseSerializer):
    """One step of a plan; `service` is null if none is known."""

    step = serializers.ChoiceField(Step.choices)
    label = text_field()  # type: ignore[assignment]
    service = text_field(allow_null=True)
    why = ReasonSerializer(many=True)
    open = serializers.BooleanField(allow_null=True)
    closes_at = serializers.DateTimeField(allow_null=True)
    opens_at = serializers.DateTimeField(allow_null=True)
    stale = serializers.BooleanField()
    language_match = serializers.BooleanField(allow_null=True)
    alternatives = text_list()
    conditions = ConditionSerializer(many=True)
    notes = NoteSerializer(many=True)
    route = RouteSerializer(allow_null=True, help_text="The service's route for the situation; null: unknown.")


class HelpAnswerSerializer(PackResponseSerializer):
    """A plan, the services named in it, and matching tips."""

    situation = serializers.ChoiceField(Situation.choices, help_text="`not-sure` if the one sent is unknown.")
    plan = PlanStepSerializer(many=True)
    services = serializers.DictField(child=ServiceSerializer())
    availability = serializers.DictField(child=AvailabilitySerializer(), help_text="By service, as in `services`.")
    labels = ServiceLabelsSerializer()
    tips = text_list(help_text="Slugs of the tips to show, at most five.")
    first_tips = TipSerializer(many=True, help_text="The first of `tips` in full, at most three: those for the first minute.")
    more_tips = text_list(help_text="Slugs of the others that apply.")
