"""The form of tips."""

from __future__ import annotations

from rest_framework import serializers

from api.v1.shapes.base import LocaleLabelSerializer, PackResponseSerializer, ResponseSerializer, text_field, text_list
from content.terms import AgeMeasured, Audience, Situation


class TipSerializer(ResponseSerializer):
    """One tip or notice."""

    slug = text_field()
    kind = serializers.ChoiceField(["tip", "notice"])
    audiences = serializers.ListField(child=serializers.ChoiceField(Audience.choices))
    situations = serializers.ListField(child=serializers.ChoiceField(Situation.choices))
    min_age = serializers.IntegerField(allow_null=True)
    max_age = serializers.IntegerField(allow_null=True)
    age_measured = serializers.ChoiceField(AgeMeasured.choices, allow_null=True)
    order = serializers.IntegerField()
    order_in = serializers.DictField(
        child=serializers.IntegerField(), help_text="The order in single situations, where it is not `order`."
    )
    locale = LocaleLabelSerializer()
    lang = text_field()
    dir = serializers.ChoiceField(["ltr", "rtl"])
    reviewed = serializers.BooleanField()
    title = text_field()
    short_title = text_field(
        required=False, help_text="For lock screens and tight places, up to 50 characters; where it is missing, show `title`."
    )
    short = text_field()
    do_now = text_list()
    do_not = text_list()
    more_html = text_field(help_text="Sanitised HTML without images, scripts or styles.")
    services = text_list(help_text="Ids of the services named in the text.")


class TipListSerializer(PackResponseSerializer):
    """The complete list, without pages."""

    tips = TipSerializer(many=True)


class TipAnswerSerializer(PackResponseSerializer):
    """One tip."""

    tip = TipSerializer()
