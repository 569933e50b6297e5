"""The form of statistics."""

from __future__ import annotations

from rest_framework import serializers

from api.v1.shapes.base import PackResponseSerializer, PhraseSerializer, ResponseSerializer, text_field
from content.terms import Audience, FigureUnit, Qualifier


class PeriodSerializer(ResponseSerializer):
    """Two days, both included."""

    first = serializers.DateField()
    last = serializers.DateField()


class FigureSerializer(ResponseSerializer):
    """A statistic, for parents and educators. Show the label `reports-not-cases` with it, and never show it to a teen."""

    id = text_field()
    value = serializers.FloatField()
    unit = serializers.ChoiceField(FigureUnit.choices)
    qualifier = serializers.ChoiceField(Qualifier.choices, help_text="How exact the number is, as its source says.")
    display = text_field(help_text="The number as it is written in the locale, isolated.")
    counts = PhraseSerializer(help_text="What is counted.")
    counted_by = text_field()
    country = text_field(help_text="ISO 3166-1 alpha-2; ZZ: the world.")
    period = PeriodSerializer()
    source = text_field()  # type: ignore[assignment]
    source_url = text_field(allow_null=True)
    read_on = serializers.DateField()
    old = serializers.BooleanField(help_text="Its period ended more than two years before the pack was compiled.")
    audiences = serializers.ListField(child=serializers.ChoiceField(Audience.choices))


class FigureLabelsSerializer(ResponseSerializer):
    """What is said of every figure, and of an old one."""

    figures = serializers.DictField(child=PhraseSerializer())


class FigureListSerializer(PackResponseSerializer):
    """The complete list, without pages."""

    figures = FigureSerializer(many=True)
    labels = FigureLabelsSerializer()
