"""The form of GET /v1/."""

from __future__ import annotations

from rest_framework import serializers

from api.v1.shapes.base import ResponseSerializer, text_field, text_list


class LocaleEntrySerializer(ResponseSerializer):
    """A locale in which packs exist."""

    tag = text_field()
    dir = serializers.ChoiceField(["ltr", "rtl"])
    name = text_field(help_text="Name of the language in that language.")


class ServiceDocumentSerializer(ResponseSerializer):
    """What this server offers, and where."""

    name = text_field()
    api_version = text_field()
    release = serializers.IntegerField(allow_null=True)
    features = text_list()
    countries = text_list(help_text="Countries with services of their own; all other countries get the worldwide pack.")
    locales = LocaleEntrySerializer(many=True)
    links = serializers.DictField(child=serializers.CharField())
