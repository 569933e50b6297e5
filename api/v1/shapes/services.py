"""The form of services, their channels, hours and notices."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.v1.shapes.base import PackResponseSerializer, PhraseSerializer, ResponseSerializer, text_field, text_list
from content.terms import AgeMeasured, Audience, ChannelType, Cost, DialKind, NoticeKind, RemovalPower, Role, Situation


class OrganizationSerializer(ResponseSerializer):
    """The organization that runs a service."""

    id = text_field()
    name = text_field()
    name_display = text_field(help_text="With isolate characters, for display in right-to-left text.")


class EligibilitySerializer(ResponseSerializer):
    """The ages that a service is for, always those of the young person; `image-taken` means the age in the image."""

    min_age = serializers.IntegerField(allow_null=True)
    max_age = serializers.IntegerField(allow_null=True)
    age_measured = serializers.ChoiceField(AgeMeasured.choices, allow_null=True)


class OpeningTimesSerializer(ResponseSerializer):
    """Two local times; it ends on the next day where it closes before it opens."""

    opens = text_field(help_text="Such as `09:00`, in the zone of the channel or the service.")
    closes = text_field(help_text="Such as `17:30`; `24:00` is the end of the day.")


class WeekSpanSerializer(OpeningTimesSerializer):
    """An opening on some days of the week."""

    days = serializers.ListField(child=serializers.IntegerField(), help_text="ISO 8601: 1 is Monday, 7 is Sunday.")


class WeekSerializer(ResponseSerializer):
    """The hours of a usual week, to be shown without a parser; `open`, `opens_at` and notices say what is so today."""

    days = WeekSpanSerializer(many=True, help_text="A day that none of them names is closed.")
    holidays = OpeningTimesSerializer(
        many=True, allow_null=True, help_text="On public holidays (`public_holidays`); empty: closed; null: unknown."
    )


class ChannelSerializer(ResponseSerializer):
    """One way to contact a service: `dial` and `href` are for the device, `display` and `spoken` for people."""

    position = serializers.IntegerField()
    type = serializers.ChoiceField(ChannelType.choices)
    dial = text_field(allow_null=True)
    dial_kind = serializers.ChoiceField(DialKind.choices, allow_null=True)
    tel = text_field(
        allow_null=True,
        help_text="RFC 3966, to store or to hand on; for a short code with the pack's country as phone-context. "
        "Not for dialling: phones do not understand phone-context. Open `href`.",
    )
    href = text_field(allow_null=True, help_text="What a button opens: a `tel:` or `sms:` URI for dialling, or an address.")
    display = text_field(allow_null=True)
    spoken = text_field(
        allow_null=True, help_text="The number in the words of the pack's locale if it has them, otherwise digit by digit."
    )
    keyword = text_field(allow_null=True)
    label = PhraseSerializer(allow_null=True)  # type: ignore[assignment]
    steps = PhraseSerializer(allow_null=True, help_text="Where to tap in the app.")
    hours = text_field(allow_null=True, help_text="OSM opening_hours in `zone`; null: unknown.")
    week = WeekSerializer(
        required=False,
        allow_null=True,
        help_text="`hours` as a table; null: unknown, by appointment or by season. Packs of earlier versions have none.",
    )
    zone = text_field(allow_null=True)
    cost = serializers.ChoiceField(Cost.choices)
    anonymous = serializers.BooleanField(allow_null=True)
    needs_voice = serializers.BooleanField()
    on_bill = serializers.BooleanField(allow_null=True)
    situations = serializers.ListField(
        child=serializers.ChoiceField(Situation.choices),
        allow_null=True,
        help_text="The situations that the channel is for; null: all.",
    )
    assured = serializers.BooleanField(help_text="Whether a person has checked the channel and the check has not expired.")
    checked_on = serializers.DateField(allow_null=True)
    assured_until = serializers.DateField(allow_null=True)


class RouteSerializer(ResponseSerializer):
    """How to report one situation on one platform."""

    steps = PhraseSerializer(allow_null=True, help_text="Where to tap in the app.")
    asks = PhraseSerializer(allow_null=True, help_text="What the report form asks for.")


class NoticeSerializer(ResponseSerializer):
    """A temporary change to a service, to be shown from `from` until just before `until`."""

    kind = serializers.ChoiceField(NoticeKind.choices)
    until = serializers.DateTimeField()
    position = serializers.IntegerField(allow_null=True, help_text="`position` of the affected channel; null: the whole service.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # `from` is a keyword in Python.
        return super().get_fields() | {"from": serializers.DateTimeField()}


class ServiceSerializer(ResponseSerializer):
    """A helpline, hotline, police reporting point or image removal tool."""

    id = text_field()
    name = text_field()
    name_display = text_field(help_text="With isolate characters, for display in right-to-left text.")
    organization = OrganizationSerializer()
    purpose = PhraseSerializer(allow_null=True)
    after = PhraseSerializer(allow_null=True, help_text="What happens after contact.")
    country = text_field()
    regions = text_list(help_text="ISO 3166-2; empty: the whole country.")
    region_names = text_list(
        help_text="Names of the regions, with isolate characters; to be shown if the reader's region is unknown."
    )
    area = text_list(allow_null=True, help_text="Countries in which a worldwide service is available; null: all.")
    roles = serializers.ListField(child=serializers.ChoiceField(Role.choices))
    removal_power = serializers.ChoiceField(
        RemovalPower.choices,
        allow_null=True,
        help_text="`order`: it can order the removal of an image; `request`: platforms answer it first.",
    )
    audiences = serializers.ListField(child=serializers.ChoiceField(Audience.choices))
    situations = serializers.ListField(child=serializers.ChoiceField(Situation.choices))
    named_situations = serializers.ListField(
        child=serializers.ChoiceField(Situation.choices),
        help_text="The situations that the service itself names; a general service accepts all.",
    )
    eligibility = EligibilitySerializer()
    languages = text_list(allow_null=True, help_text="BCP 47; null: unknown.")
    answers_in = PhraseSerializer(allow_null=True, help_text="The languages as a sentence in the reader's language.")
    routes = serializers.DictField(
        child=RouteSerializer(), help_text="By situation, with `any` for situations that are not listed; empty if none is known."
    )
    zone = text_field(allow_null=True)
    reviewed = serializers.BooleanField()
    assured = serializers.BooleanField()
    checked_on = serializers.DateField(allow_null=True)
    assured_until = serializers.DateField(allow_null=True)
    channels = ChannelSerializer(many=True)
    notices = NoticeSerializer(many=True)


class ServiceLabelsSerializer(ResponseSerializer):
    """The labels that are shown with services. A kind of notice without a label is not in any pack."""

    notices = serializers.DictField(child=PhraseSerializer())
    contact = serializers.DictField(
        child=PhraseSerializer(),
        help_text="For buttons and hours, such as `call` and `opens-at`; empty in packs of earlier versions.",
    )


class ServiceListSerializer(PackResponseSerializer):
    """The complete list, without pages."""

    services = ServiceSerializer(many=True)
    labels = ServiceLabelsSerializer()


class ServiceAnswerSerializer(PackResponseSerializer):
    """One service."""

    service = ServiceSerializer()
    labels = ServiceLabelsSerializer()
