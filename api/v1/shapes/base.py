"""The forms that others are made of: texts with their language, labels of what was served, and problems."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class ResponseSerializer(serializers.Serializer[Any]):
    """A response: every field is present, and null means unknown."""


def text_field(**kwargs: Any) -> serializers.CharField:
    """Return a field of a text."""
    return serializers.CharField(**kwargs)


def text_list(**kwargs: Any) -> serializers.ListField:
    """Return a field of a list of texts."""
    return serializers.ListField(child=serializers.CharField(), **kwargs)


class FieldErrorSerializer(ResponseSerializer):
    """An invalid field."""

    field = text_field(help_text="Path of the field, such as `languages.0`.")
    detail = text_field()


class ProblemSerializer(ResponseSerializer):
    """A problem document (RFC 9457). The members after `detail` are in the problems that they belong to."""

    type = text_field(help_text="`/v1/problems/<code>`: stable, to be compared as text.")
    title = text_field(help_text="The kind of problem, for people; may change.")
    status = serializers.IntegerField(help_text="As the status of the response.")
    detail = text_field(help_text="What to change, for people; may change.")
    errors = FieldErrorSerializer(many=True, required=False, help_text="The invalid fields.")  # type: ignore[assignment]
    code = text_field(
        required=False, help_text="What happened more precisely than `type` says, such as `no-such-alert`; not stable."
    )
    available = text_list(required=False, help_text="`unknown-country`, `unknown-locale`: what there is.")
    push_mode = text_field(required=False, help_text="`push-mode`: the mode that the app uses in this country.")
    missing = text_list(required=False, help_text="`no-teens`: what has to be recorded before teenagers can register.")
    country = text_field(required=False, help_text="`no-teens`: the country that this is about.")
    successor = text_field(
        required=False, allow_null=True, help_text="`gone`: id of the service that replaces this one, or null."
    )
    page = text_field(required=False, help_text="Handouts: the page to print where no PDF file can be made now.")


class PhraseSerializer(ResponseSerializer):
    """A text with its language and direction, which may differ from those of the surrounding texts."""

    text = text_field()
    lang = text_field()
    dir = serializers.ChoiceField(["ltr", "rtl"])
    reviewed = serializers.BooleanField()


class CountryLabelSerializer(ResponseSerializer):
    """The requested country, and the country whose pack answers; ZZ is the worldwide pack."""

    requested = text_field()
    served = text_field()


class LocaleLabelSerializer(ResponseSerializer):
    """The requested locale, the locale served, and why they differ."""

    requested = text_field(allow_null=True)
    served = text_field()
    reason = text_field(allow_null=True, help_text="null: served as requested. The reasons are listed in docs/api.md.")


class PackResponseSerializer(ResponseSerializer):
    """A response taken from one pack."""

    release = serializers.IntegerField()
    pack = text_field(help_text="Digest of the pack that the response was taken from.")
    country = CountryLabelSerializer()
    locale = LocaleLabelSerializer()
