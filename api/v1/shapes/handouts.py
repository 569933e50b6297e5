"""The form of pages to print."""

from __future__ import annotations

from rest_framework import serializers

from api.v1.shapes.base import PackResponseSerializer, PhraseSerializer, ResponseSerializer
from content.terms import Audience, Handout


class HandoutFilesSerializer(ResponseSerializer):
    """The addresses of the PDF files, by paper."""

    a4 = serializers.URLField()
    letter = serializers.URLField()


class HandoutSerializer(ResponseSerializer):
    """A page to print."""

    slug = serializers.ChoiceField(Handout.choices)
    title = PhraseSerializer()
    audience = serializers.ChoiceField(Audience.choices)
    page = serializers.URLField()
    pdf = HandoutFilesSerializer()


class HandoutListSerializer(PackResponseSerializer):
    """The complete list, without pages."""

    handouts = HandoutSerializer(many=True)
