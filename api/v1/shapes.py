"""The form of responses, for the OpenAPI schema alone: packs are served as compiled, without serializers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from content.terms import (
    AgeMeasured,
    Audience,
    ChannelType,
    Cost,
    DialKind,
    FigureUnit,
    Handout,
    NoticeKind,
    Qualifier,
    RemovalPower,
    Role,
    Situation,
    Step,
)


class ResponseSerializer(serializers.Serializer[Any]):
    """A response: every field is present, and null means unknown."""


def _text(**kwargs: Any) -> serializers.CharField:
    return serializers.CharField(**kwargs)


def _texts(**kwargs: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(), **kwargs)


class FieldErrorSerializer(ResponseSerializer):
    """An invalid field."""

    field = _text(help_text="Path of the field, such as `languages.0`.")
    detail = _text()


class ProblemSerializer(ResponseSerializer):
    """A problem document (RFC 9457). The members after `detail` are in the problems that they belong to."""

    type = _text(help_text="`/v1/problems/<code>`: stable, to be compared as text.")
    title = _text(help_text="The kind of problem, for people; may change.")
    status = serializers.IntegerField(help_text="As the status of the response.")
    detail = _text(help_text="What to change, for people; may change.")
    errors = FieldErrorSerializer(many=True, required=False, help_text="The invalid fields.")  # type: ignore[assignment]
    code = _text(required=False, help_text="What happened more precisely than `type` says, such as `no-such-alert`; not stable.")
    available = _texts(required=False, help_text="`unknown-country`, `unknown-locale`: what there is.")
    push_mode = _text(required=False, help_text="`push-mode`: the mode that the app uses in this country.")
    missing = _texts(required=False, help_text="`no-teens`: what has to be recorded before teenagers can register.")
    country = _text(required=False, help_text="`no-teens`: the country that this is about.")
    successor = _text(required=False, allow_null=True, help_text="`gone`: id of the service that replaces this one, or null.")
    page = _text(required=False, help_text="Handouts: the page to print where no PDF file can be made now.")


class PhraseSerializer(ResponseSerializer):
    """A text with its language and direction, which may differ from those of the surrounding texts."""

    text = _text()
    lang = _text()
    dir = serializers.ChoiceField(["ltr", "rtl"])
    reviewed = serializers.BooleanField()


class CountryLabelSerializer(ResponseSerializer):
    """The requested country, and the country whose pack answers; ZZ is the worldwide pack."""

    requested = _text()
    served = _text()


class LocaleLabelSerializer(ResponseSerializer):
    """The requested locale, the locale served, and why they differ."""

    requested = _text(allow_null=True)
    served = _text()
    reason = _text(allow_null=True, help_text="null: served as requested. The reasons are listed in docs/api.md.")


class TipSerializer(ResponseSerializer):
    """One tip or notice."""

    slug = _text()
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
    lang = _text()
    dir = serializers.ChoiceField(["ltr", "rtl"])
    reviewed = serializers.BooleanField()
    title = _text()
    short_title = _text(
        required=False, help_text="For lock screens and tight places, up to 50 characters; where it is missing, show `title`."
    )
    short = _text()
    do_now = _texts()
    do_not = _texts()
    more_html = _text(help_text="Sanitised HTML without images, scripts or styles.")
    services = _texts(help_text="Ids of the services named in the text.")


class OrganizationSerializer(ResponseSerializer):
    """The organization that runs a service."""

    id = _text()
    name = _text()
    name_display = _text(help_text="With isolate characters, for display in right-to-left text.")


class EligibilitySerializer(ResponseSerializer):
    """The ages that a service is for, always those of the young person; `image-taken` means the age in the image."""

    min_age = serializers.IntegerField(allow_null=True)
    max_age = serializers.IntegerField(allow_null=True)
    age_measured = serializers.ChoiceField(AgeMeasured.choices, allow_null=True)


class OpeningTimesSerializer(ResponseSerializer):
    """Two local times; it ends on the next day where it closes before it opens."""

    opens = _text(help_text="Such as `09:00`, in the zone of the channel or the service.")
    closes = _text(help_text="Such as `17:30`; `24:00` is the end of the day.")


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
    dial = _text(allow_null=True)
    dial_kind = serializers.ChoiceField(DialKind.choices, allow_null=True)
    tel = _text(
        allow_null=True,
        help_text="RFC 3966, to store or to hand on; for a short code with the pack's country as phone-context. "
        "Not for dialling: phones do not understand phone-context. Open `href`.",
    )
    href = _text(allow_null=True, help_text="What a button opens: a `tel:` or `sms:` URI for dialling, or an address.")
    display = _text(allow_null=True)
    spoken = _text(
        allow_null=True, help_text="The number in the words of the pack's locale if it has them, otherwise digit by digit."
    )
    keyword = _text(allow_null=True)
    label = PhraseSerializer(allow_null=True)  # type: ignore[assignment]
    steps = PhraseSerializer(allow_null=True, help_text="Where to tap in the app.")
    hours = _text(allow_null=True, help_text="OSM opening_hours in `zone`; null: unknown.")
    week = WeekSerializer(
        required=False,
        allow_null=True,
        help_text="`hours` as a table; null: unknown, by appointment or by season. Packs of earlier versions have none.",
    )
    zone = _text(allow_null=True)
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

    id = _text()
    name = _text()
    name_display = _text(help_text="With isolate characters, for display in right-to-left text.")
    organization = OrganizationSerializer()
    purpose = PhraseSerializer(allow_null=True)
    after = PhraseSerializer(allow_null=True, help_text="What happens after contact.")
    country = _text()
    regions = _texts(help_text="ISO 3166-2; empty: the whole country.")
    region_names = _texts(
        help_text="Names of the regions, with isolate characters; to be shown if the reader's region is unknown."
    )
    area = _texts(allow_null=True, help_text="Countries in which a worldwide service is available; null: all.")
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
    languages = _texts(allow_null=True, help_text="BCP 47; null: unknown.")
    answers_in = PhraseSerializer(allow_null=True, help_text="The languages as a sentence in the reader's language.")
    routes = serializers.DictField(
        child=RouteSerializer(), help_text="By situation, with `any` for situations that are not listed; empty if none is known."
    )
    zone = _text(allow_null=True)
    reviewed = serializers.BooleanField()
    assured = serializers.BooleanField()
    checked_on = serializers.DateField(allow_null=True)
    assured_until = serializers.DateField(allow_null=True)
    channels = ChannelSerializer(many=True)
    notices = NoticeSerializer(many=True)


class RetiredSerializer(ResponseSerializer):
    """A closed service, with the id of its successor if there is one."""

    id = _text()
    successor = _text(allow_null=True)


class PeriodSerializer(ResponseSerializer):
    """Two days, both included."""

    first = serializers.DateField()
    last = serializers.DateField()


class FigureSerializer(ResponseSerializer):
    """A statistic, for parents and educators. Show the label `reports-not-cases` with it, and never show it to a teen."""

    id = _text()
    value = serializers.FloatField()
    unit = serializers.ChoiceField(FigureUnit.choices)
    qualifier = serializers.ChoiceField(Qualifier.choices, help_text="How exact the number is, as its source says.")
    display = _text(help_text="The number as it is written in the locale, isolated.")
    counts = PhraseSerializer(help_text="What is counted.")
    counted_by = _text()
    country = _text(help_text="ISO 3166-1 alpha-2; ZZ: the world.")
    period = PeriodSerializer()
    source = _text()  # type: ignore[assignment]
    source_url = _text(allow_null=True)
    read_on = serializers.DateField()
    old = serializers.BooleanField(help_text="Its period ended more than two years before the pack was compiled.")
    audiences = serializers.ListField(child=serializers.ChoiceField(Audience.choices))


class LabelsSerializer(ResponseSerializer):
    """The labels of situations, steps, audiences, reasons, kinds of notices, figures and handouts, by id."""

    situations = serializers.DictField(child=PhraseSerializer())
    steps = serializers.DictField(child=PhraseSerializer())
    audiences = serializers.DictField(child=PhraseSerializer())
    where = serializers.DictField(child=PhraseSerializer())
    why = serializers.DictField(child=PhraseSerializer())
    notices = serializers.DictField(child=PhraseSerializer())
    figures = serializers.DictField(child=PhraseSerializer())
    handouts = serializers.DictField(child=PhraseSerializer())


class FigureLabelsSerializer(ResponseSerializer):
    """What is said of every figure, and of an old one."""

    figures = serializers.DictField(child=PhraseSerializer())


class NoticeLabelsSerializer(ResponseSerializer):
    """The labels of the kinds of notices; a kind without a label is not in any pack."""

    notices = serializers.DictField(child=PhraseSerializer())


class PackSerializer(ResponseSerializer):
    """All content that a reader in one country and locale needs offline."""

    v = serializers.IntegerField()
    country = _text()
    coverage = serializers.ChoiceField(["national", "worldwide"])
    locale = _text()
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


class PackResponseSerializer(ResponseSerializer):
    """A response taken from one pack."""

    release = serializers.IntegerField()
    pack = _text(help_text="Digest of the pack that the response was taken from.")
    country = CountryLabelSerializer()
    locale = LocaleLabelSerializer()


class TipListSerializer(PackResponseSerializer):
    """The complete list, without pages."""

    tips = TipSerializer(many=True)


class TipAnswerSerializer(PackResponseSerializer):
    """One tip."""

    tip = TipSerializer()


class FigureListSerializer(PackResponseSerializer):
    """The complete list, without pages."""

    figures = FigureSerializer(many=True)
    labels = FigureLabelsSerializer()


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


class ServiceListSerializer(PackResponseSerializer):
    """The complete list, without pages."""

    services = ServiceSerializer(many=True)
    labels = NoticeLabelsSerializer()


class ServiceAnswerSerializer(PackResponseSerializer):
    """One service."""

    service = ServiceSerializer()
    labels = NoticeLabelsSerializer()


class ReasonSerializer(ResponseSerializer):
    """A reason, as a code and as a text."""

    code = _text()
    text = _text(allow_null=True)


class ConditionSerializer(ResponseSerializer):
    """A condition that the reader has to judge, because the age that it depends on was not given."""

    service = _text()
    code = _text()
    text = _text(allow_null=True)


class NoteSerializer(ResponseSerializer):
    """What the reader should know of one service of a step, such as that it is for the young person to use."""

    service = _text()
    code = _text()
    text = _text(allow_null=True)


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
    label = _text()  # type: ignore[assignment]
    service = _text(allow_null=True)
    why = ReasonSerializer(many=True)
    open = serializers.BooleanField(allow_null=True)
    closes_at = serializers.DateTimeField(allow_null=True)
    opens_at = serializers.DateTimeField(allow_null=True)
    stale = serializers.BooleanField()
    language_match = serializers.BooleanField(allow_null=True)
    alternatives = _texts()
    conditions = ConditionSerializer(many=True)
    notes = NoteSerializer(many=True)
    route = RouteSerializer(allow_null=True, help_text="The service's route for the situation; null: unknown.")


class HelpAnswerSerializer(PackResponseSerializer):
    """A plan, the services named in it, and matching tips."""

    situation = serializers.ChoiceField(Situation.choices, help_text="`not-sure` if the one sent is unknown.")
    plan = PlanStepSerializer(many=True)
    services = serializers.DictField(child=ServiceSerializer())
    availability = serializers.DictField(child=AvailabilitySerializer(), help_text="By service, as in `services`.")
    labels = NoticeLabelsSerializer()
    tips = _texts(help_text="Slugs of the tips to show, at most five.")
    first_tips = TipSerializer(many=True, help_text="The first of `tips` in full, at most three: those for the first minute.")
    more_tips = _texts(help_text="Slugs of the others that apply.")


class LocaleEntrySerializer(ResponseSerializer):
    """A locale in which packs exist."""

    tag = _text()
    dir = serializers.ChoiceField(["ltr", "rtl"])
    name = _text(help_text="Name of the language in that language.")


class ServiceDocumentSerializer(ResponseSerializer):
    """What this server offers, and where."""

    name = _text()
    api_version = _text()
    release = serializers.IntegerField(allow_null=True)
    features = _texts()
    countries = _texts(help_text="Countries with services of their own; all other countries get the worldwide pack.")
    locales = LocaleEntrySerializer(many=True)
    links = serializers.DictField(child=serializers.CharField())
