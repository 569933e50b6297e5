"""The form of a pack."""

from __future__ import annotations

from rest_framework import serializers

from api.v1.shapes.base import PhraseSerializer, ResponseSerializer, text_field
from api.v1.shapes.figures import FigureSerializer
from api.v1.shapes.services import ServiceSerializer
from api.v1.shapes.tips import TipSerializer
from content.terms import Situation, Step


class RetiredSerializer(ResponseSerializer):
    """A closed service, with the id of its successor if there is one."""

    id = text_field()
    successor = text_field(allow_null=True)


class LabelsSerializer(ResponseSerializer):
    """The labels of situations, steps, audiences, reasons, kinds of notices, figures, handouts, buttons and the companion."""

    situations = serializers.DictField(child=PhraseSerializer())
    steps = serializers.DictField(child=PhraseSerializer())
    audiences = serializers.DictField(child=PhraseSerializer())
    where = serializers.DictField(child=PhraseSerializer())
    why = serializers.DictField(child=PhraseSerializer())
    notices = serializers.DictField(child=PhraseSerializer())
    figures = serializers.DictField(child=PhraseSerializer())
    handouts = serializers.DictField(child=PhraseSerializer())
    contact = serializers.DictField(
        child=PhraseSerializer(),
        required=False,
        help_text="For the buttons and hours of channels, such as `call` and `opens-at`. Packs of earlier versions have none.",
    )
    companion = serializers.DictField(
        child=PhraseSerializer(), required=False, help_text="Of the app in the browser. Packs of earlier versions have none."
    )


class PackSerializer(ResponseSerializer):
    """All content that a reader in one country and locale needs offline."""

    v = serializers.IntegerField()
    country = text_field()
    coverage = serializers.ChoiceField(["national", "worldwide"])
    locale = text_field()
    dir = serializers.ChoiceField(["ltr", "rtl"])
    labels = LabelsSerializer()
    tips = TipSerializer(many=True)
    services = ServiceSerializer(many=True)
    plan_order = serializers.DictField(
        child=serializers.DictField(child=serializers.ListField(child=serializers.ChoiceField(Step.choices)))
    )
    aliases = serializers.DictField(
        child=serializers.ChoiceField(Situation.choices), help_text="By everyday word: the situation that it means."
    )
    retired = RetiredSerializer(many=True)
    figures = FigureSerializer(many=True)
    public_holidays = serializers.DictField(
        child=serializers.ListField(child=serializers.DateField()),
        required=False,
        help_text="By country of a service: the public holidays of this year and the next one, where they are known. Packs of "
        "earlier versions have none.",
    )
