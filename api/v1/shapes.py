"""What answers look like, for the schema alone: packs are served as the bytes that were compiled."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from content.terms import AgeMeasured, Audience, ChannelType, Cost, DialKind, NoticeKind, Role, Situation, Step


class _Shape(serializers.Serializer[Any]):
    """Every field is always there; null says that it is not known."""


def _text(**kwargs: Any) -> serializers.CharField:
    return serializers.CharField(**kwargs)


def _texts(**kwargs: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(), **kwargs)


class FieldError(_Shape):
    """What is wrong with one field."""

    field = _text(help_text="Path of the field, such as `languages.0`.")
    detail = _text()


class Problem(_Shape):
    """RFC 9457 problem document."""

    type = _text(help_text="`/v1/problems/<code>`; stable, compare it as text.")
    title = _text()
    status = serializers.IntegerField()
    detail = _text()
    errors = FieldError(many=True, required=False)  # type: ignore[assignment]


class Phrase(_Shape):
    """A text with its own language and direction, which may differ from those around it."""

    text = _text()
    lang = _text()
    dir = serializers.ChoiceField(["ltr", "rtl"])
    reviewed = serializers.BooleanField()


class CountryLabel(_Shape):
    """Which country was asked for and which pack answers; ZZ is the worldwide one."""

    requested = _text()
    served = _text()


class LocaleLabel(_Shape):
    """Which locale was asked for, which one is served, and why they differ."""

    requested = _text(allow_null=True)
    served = _text()
    reason = _text(allow_null=True)


class Tip(_Shape):
    """One piece of advice."""

    slug = _text()
    kind = serializers.ChoiceField(["tip", "notice"])
    audiences = serializers.ListField(child=serializers.ChoiceField(Audience.choices))
    situations = serializers.ListField(child=serializers.ChoiceField(Situation.choices))
    order = serializers.IntegerField()
    locale = LocaleLabel()
    lang = _text()
    dir = serializers.ChoiceField(["ltr", "rtl"])
    reviewed = serializers.BooleanField()
    title = _text()
    short = _text()
    do_now = _texts()
    do_not = _texts()
    more_html = _text(help_text="Sanitised HTML: no images, no scripts, no styles.")
    services = _texts(help_text="Ids of the services that the text names.")


class Organization(_Shape):
    """Who runs a service."""

    id = _text()
    name = _text()
    name_display = _text(help_text="Isolated, for right-to-left text.")


class Eligibility(_Shape):
    """Ages are the young person's; `image-taken`: the age in the picture counts."""

    min_age = serializers.IntegerField(allow_null=True)
    max_age = serializers.IntegerField(allow_null=True)
    age_measured = serializers.ChoiceField(AgeMeasured.choices, allow_null=True)


class Channel(_Shape):
    """One way to reach a service; `dial` and `href` are for machines, `display` and `spoken` for people."""

    position = serializers.IntegerField()
    type = serializers.ChoiceField(ChannelType.choices)
    dial = _text(allow_null=True)
    dial_kind = serializers.ChoiceField(DialKind.choices, allow_null=True)
    tel = _text(allow_null=True, help_text="RFC 3966; a short number carries the caller's country as its context.")
    href = _text(allow_null=True)
    display = _text(allow_null=True)
    spoken = _text(allow_null=True, help_text="In the words of the pack's locale where it has them, else digit by digit.")
    keyword = _text(allow_null=True)
    label = Phrase(allow_null=True)  # type: ignore[assignment]
    steps = Phrase(allow_null=True, help_text="Where to tap inside an app.")
    hours = _text(allow_null=True, help_text="OSM opening_hours in `zone`; null: not known.")
    zone = _text(allow_null=True)
    cost = serializers.ChoiceField(Cost.choices)
    anonymous = serializers.BooleanField(allow_null=True)
    needs_voice = serializers.BooleanField()
    on_bill = serializers.BooleanField(allow_null=True)
    assured = serializers.BooleanField(help_text="Whether a person's check of it holds.")
    checked_on = serializers.DateField(allow_null=True)
    assured_until = serializers.DateField(allow_null=True)


class Route(_Shape):
    """One platform's way for one situation."""

    steps = Phrase(allow_null=True, help_text="Where to tap in the app.")
    asks = Phrase(allow_null=True, help_text="What the report or its form asks for.")


class Notice(_Shape):
    """That the service answers otherwise than usual for a while: shown from `from` until `until`, dropped afterwards."""

    kind = serializers.ChoiceField(NoticeKind.choices)
    until = serializers.DateTimeField()
    position = serializers.IntegerField(allow_null=True, help_text="Of the channel that does not work; null: the whole service.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # Python keeps the word for itself.
        return super().get_fields() | {"from": serializers.DateTimeField()}


class Service(_Shape):
    """A helpline, hotline, police report or removal tool."""

    id = _text()
    name = _text()
    name_display = _text(help_text="Isolated, for right-to-left text.")
    organization = Organization()
    purpose = Phrase(allow_null=True)
    after = Phrase(allow_null=True, help_text="What happens after contact.")
    country = _text()
    regions = _texts(help_text="ISO 3166-2; empty: the whole country.")
    region_names = _texts(help_text="The same in words, isolated; to be shown where the reader's region is not known.")
    area = _texts(allow_null=True, help_text="Countries a worldwide service works in; null: everywhere.")
    roles = serializers.ListField(child=serializers.ChoiceField(Role.choices))
    audiences = serializers.ListField(child=serializers.ChoiceField(Audience.choices))
    situations = serializers.ListField(child=serializers.ChoiceField(Situation.choices))
    named_situations = serializers.ListField(
        child=serializers.ChoiceField(Situation.choices), help_text="Those it speaks of itself; a general service takes on all."
    )
    eligibility = Eligibility()
    languages = _texts(allow_null=True, help_text="BCP 47; null: not known.")
    answers_in = Phrase(allow_null=True, help_text="The same as a sentence in the reader's language.")
    routes = serializers.DictField(
        child=Route(), help_text="By situation, `any` for those that are not named; empty where none is known."
    )
    zone = _text(allow_null=True)
    reviewed = serializers.BooleanField()
    assured = serializers.BooleanField()
    checked_on = serializers.DateField(allow_null=True)
    assured_until = serializers.DateField(allow_null=True)
    channels = Channel(many=True)
    notices = Notice(many=True)


class Retired(_Shape):
    """A service that is no more."""

    id = _text()
    successor = _text(allow_null=True)


class Labels(_Shape):
    """The words for ids: situations, steps, audiences, reasons and kinds of notices."""

    situations = serializers.DictField(child=Phrase())
    steps = serializers.DictField(child=Phrase())
    audiences = serializers.DictField(child=Phrase())
    why = serializers.DictField(child=Phrase())
    notices = serializers.DictField(child=Phrase())


class NoticeLabels(_Shape):
    """The words for the kinds of notices; one without words is not in any pack."""

    notices = serializers.DictField(child=Phrase())


class Pack(_Shape):
    """All that one country and locale needs offline."""

    v = serializers.IntegerField()
    country = _text()
    coverage = serializers.ChoiceField(["national", "worldwide"])
    locale = _text()
    dir = serializers.ChoiceField(["ltr", "rtl"])
    labels = Labels()
    tips = Tip(many=True)
    services = Service(many=True)
    plan_order = serializers.DictField(
        child=serializers.DictField(child=serializers.ListField(child=serializers.ChoiceField(Step.choices)))
    )
    retired = Retired(many=True)


class _FromPack(_Shape):
    release = serializers.IntegerField()
    pack = _text(help_text="Digest of the pack that this was taken from.")
    country = CountryLabel()
    locale = LocaleLabel()


class TipList(_FromPack):
    """The whole list: it is bounded and has no pages."""

    tips = Tip(many=True)


class TipAnswer(_FromPack):
    """One tip."""

    tip = Tip()


class ServiceList(_FromPack):
    """The whole list: it is bounded and has no pages."""

    services = Service(many=True)
    labels = NoticeLabels()


class ServiceAnswer(_FromPack):
    """One service."""

    service = Service()
    labels = NoticeLabels()


class Reason(_Shape):
    """Why, for machines and for people."""

    code = _text()
    text = _text(allow_null=True)


class Condition(_Shape):
    """What the reader has to judge, because the age that counts was not told."""

    service = _text()
    code = _text()
    text = _text(allow_null=True)


class PlanStep(_Shape):
    """One step; `service` is null where none is known."""

    step = serializers.ChoiceField(Step.choices)
    label = _text()  # type: ignore[assignment]
    service = _text(allow_null=True)
    why = Reason(many=True)
    open = serializers.BooleanField(allow_null=True)
    closes_at = serializers.DateTimeField(allow_null=True)
    opens_at = serializers.DateTimeField(allow_null=True)
    stale = serializers.BooleanField()
    language_match = serializers.BooleanField(allow_null=True)
    alternatives = _texts()
    conditions = Condition(many=True)
    route = Route(allow_null=True, help_text="That of the service for the situation; null: not known.")


class HelpAnswer(_FromPack):
    """The plan, the services it names and the tips that belong to it."""

    situation = serializers.ChoiceField(Situation.choices, help_text="`not-sure` where the one sent is not known.")
    plan = PlanStep(many=True)
    services = serializers.DictField(child=Service())
    labels = NoticeLabels()
    tips = _texts()


class LocaleEntry(_Shape):
    """A locale that packs are compiled in."""

    tag = _text()
    dir = serializers.ChoiceField(["ltr", "rtl"])
    name = _text(help_text="In the language itself.")


class ServiceDocument(_Shape):
    """What this server serves, and where."""

    name = _text()
    api_version = _text()
    release = serializers.IntegerField(allow_null=True)
    features = _texts()
    countries = _texts(help_text="Countries with services of their own; every other assigned one gets the worldwide pack.")
    locales = LocaleEntry(many=True)
    links = serializers.DictField(child=serializers.CharField())
