"""The form of a campaign: fields for people on one side, the written form that `definition.parse` reads on the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Q

from content.models import Country, Locale, Service, Tip
from content.models.tip import TipKind
from content.terms import WORLDWIDE, Audience
from core.console.pages import ConsoleForm
from notifications import cap
from notifications.campaigns.definition_fields import TEXT_LIMITS
from notifications.models import App, Campaign
from notifications.models.campaign import CampaignKind
from notifications.models.campaign_state import APPROVED_ON

ALL = "all"
KINDS = {
    CampaignKind.ALERT: "Alert: begins a thread of its own",
    CampaignKind.UPDATE: "Update: replaces what an earlier alert said",
    CampaignKind.CANCEL: "Cancel: takes an earlier alert back",
    CampaignKind.ALL_CLEAR: "All clear: says that an earlier alert is over",
    CampaignKind.EXERCISE: "Exercise: for test devices only",
}
#: The parts of a text as the form names them, with how each one is called.
PARTS = {
    ("outer", "title"): "Lock screen: title",
    ("outer", "body"): "Lock screen: text",
    ("inner", "title"): "In the app: title",
    ("inner", "body"): "In the app: text",
}
Checks = forms.CheckboxSelectMultiple


class Moment(forms.DateTimeInput):
    """A date and time to the second; what zone it is in, the label says."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(attrs={"step": "1"})


class CampaignForm(ConsoleForm):
    """Everything an author says of a campaign."""

    name = forms.CharField(max_length=120, label="Name", help_text="For staff; readers never see it.")
    kind = forms.ChoiceField(
        choices=[(kind.value, words) for kind, words in KINDS.items()], widget=forms.RadioSelect, label="CampaignKind"
    )
    references = forms.ChoiceField(required=False, label="Which earlier campaign", help_text="For update, cancel and all clear.")
    status = forms.ChoiceField(
        choices=cap.AlertStatus.choices,
        label="Status",
        help_text="Actual goes to readers. Exercise and Test go to test devices only.",
    )
    severity = forms.ChoiceField(choices=cap.Severity.choices, label="Severity")
    urgency = forms.ChoiceField(choices=cap.Urgency.choices, label="Urgency")
    certainty = forms.ChoiceField(choices=cap.Certainty.choices, label="Certainty")

    apps = forms.MultipleChoiceField(widget=Checks, label="Apps")
    everywhere = forms.BooleanField(required=False, label="Every country")
    countries = forms.MultipleChoiceField(required=False, widget=Checks, label="Countries")
    more_countries = forms.CharField(required=False, label="Further countries", help_text="Codes such as AT, BE.")
    regions = forms.CharField(required=False, label="Regions", help_text="Codes such as GB-WLS. Empty: all regions.")
    audiences = forms.MultipleChoiceField(choices=Audience.choices, widget=Checks, label="For")
    every_locale = forms.BooleanField(required=False, label="Readers of every language")
    locales = forms.MultipleChoiceField(required=False, widget=Checks, label="Or only readers of")

    services = forms.MultipleChoiceField(required=False, widget=Checks, label="Services")

    schedule = forms.ChoiceField(
        choices=[
            ("now", "As soon as it is approved"),
            ("at", "At one instant everywhere"),
            ("local", "At the same time by each phone's own clock"),
        ],
        widget=forms.RadioSelect,
        label="Begins",
    )
    at = forms.CharField(required=False, widget=Moment(), label="Instant in UTC")
    local = forms.CharField(
        required=False,
        widget=Moment(),
        label="Local time",
        help_text="With seconds it is that exact second; without, it keeps off the crowded minutes of the hour.",
    )
    not_after = forms.CharField(widget=Moment(), label="Nothing leaves after (UTC)", help_text="At most 28 days ahead.")
    quiet = forms.ChoiceField(
        choices=[
            ("respect", "Respect quiet hours: from 21:00 to 08:00 by the phone's clock it waits"),
            ("override", "Override quiet hours: it may wake people up"),
        ],
        widget=forms.RadioSelect,
        label="Quiet hours",
    )
    quiet_reason = forms.CharField(
        required=False, max_length=300, label="Why it cannot wait", help_text="The approver sees this first."
    )
    home_zone = forms.CharField(
        max_length=40, label="Home time zone", help_text="Such as Europe/London; stands in where a phone's zone is not known."
    )
    home_locale = forms.ChoiceField(label="Home language", help_text="Stands in for readers whose language has no text here.")

    def __init__(self, *args: Any, kept: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        """Take the texts of the campaign that is edited as `kept`: their variants by audience are not in the form."""
        super().__init__(*args, **kwargs)
        self.kept = kept or {}
        self.tongues = _tongues(self.kept)
        locales = [(code, locale.name if locale else code) for code, locale in self.tongues.items()]
        self._choices("references", [("", "none"), *_earlier()])
        self._choices("apps", [(app.name, app.title + (" (test devices)" if app.test else "")) for app in App.objects.all()])
        own = Country.objects.filter(services__isnull=False).exclude(pk=WORLDWIDE).distinct().order_by("name")
        self._choices("countries", [(country.pk, country.name) for country in own])
        self._choices("locales", locales)
        self._choices("home_locale", locales)
        services = Service.objects.active().select_related("country").order_by("country__name", "name")
        self._choices("services", [(service.pk, service.name) for service in services])
        self.by_country: dict[str, list[Service]] = {}
        for service in services:
            self.by_country.setdefault(service.country.name, []).append(service)
        self._tip_fields()
        self._word_fields()

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def _tip_fields(self) -> None:
        tips = Tip.objects.current().filter(kind=TipKind.TIP).order_by("order")
        for who, words in Audience.choices:
            choices = [("", "none"), *((tip.slug, tip.slug) for tip in tips if who in tip.audiences)]
            self.fields[f"tip_{who}"] = forms.ChoiceField(choices=choices, required=False, label=f"Opens for: {words}")

    def _word_fields(self) -> None:
        for code, locale in self.tongues.items():
            attrs = {"lang": code, "dir": locale.dir if locale else "auto"}
            for (part, name), label in PARTS.items():
                rows = {"outer": 2, "inner": 6}[part]
                widget = forms.TextInput(attrs) if name == "title" else forms.Textarea({**attrs, "rows": rows})
                self.fields[words_field(code, part, name)] = forms.CharField(
                    required=False, widget=widget, label=label, help_text=f"At most {TEXT_LIMITS[part, name]} characters."
                )

    def definition(self) -> dict[str, Any]:
        """Return the written form; what is wrong with it, `definition.parse` says."""
        data = self.cleaned_data
        countries = [*data["countries"], *data["more_countries"].upper().replace(",", " ").split()]
        document: dict[str, Any] = {
            "name": data["name"],
            "kind": data["kind"],
            "apps": data["apps"],
            "audience": {
                "countries": ALL if data["everywhere"] else countries,
                "regions": data["regions"].upper().replace(",", " ").split() or ALL,
                "audiences": ALL if set(data["audiences"]) == set(Audience.values) else data["audiences"],
                "locales": ALL if data["every_locale"] else data["locales"],
            },
            "messages": self._messages(),
            "services": data["services"],
            "tips": {who: data[f"tip_{who}"] for who in data["audiences"] if data[f"tip_{who}"]},
            "alert": {name: data[name] for name in ("severity", "urgency", "certainty", "status")},
            "home": {"zone": data["home_zone"], "locale": data["home_locale"]},
            "schedule": self._schedule(),
            "not_after": _utc(data["not_after"]),
            "quiet_hours": "respect" if data["quiet"] == "respect" else {"override": data["quiet_reason"]},
        }
        if data["references"]:
            document["references"] = int(data["references"])
        return document

    def _messages(self) -> dict[str, Any]:
        messages: dict[str, Any] = {}
        for code in self.tongues:
            text: dict[str, Any] = {"outer": {}, "inner": {}}
            for part, name in PARTS:
                text[part][name] = self.cleaned_data[words_field(code, part, name)]
            if any(value for part in text.values() for value in part.values()):
                if variants := self.kept.get(code, {}).get("variants"):
                    text["variants"] = variants
                messages[code] = text
        return messages

    def _schedule(self) -> dict[str, str]:
        kind = self.cleaned_data["schedule"]
        if kind == "now":
            return {"at": "now"}
        return {"at": _utc(self.cleaned_data["at"])} if kind == "at" else {"local": self.cleaned_data["local"]}


def initial(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form shows of a written form."""
    audience, alert, schedule = document["audience"], document["alert"], document["schedule"]
    countries = audience["countries"]
    own = set(Country.objects.filter(services__isnull=False).values_list("code", flat=True))
    at, quiet = schedule.get("at", ""), document["quiet_hours"]
    values: dict[str, Any] = {
        "name": document["name"],
        "kind": document["kind"],
        "references": str(document.get("references", "")),
        "apps": list(App.objects.values_list("name", flat=True)) if document["apps"] == ALL else document["apps"],
        "everywhere": countries == ALL,
        "countries": [] if countries == ALL else [code for code in countries if code in own],
        "more_countries": "" if countries == ALL else ", ".join(code for code in countries if code not in own),
        "regions": "" if audience["regions"] == ALL else ", ".join(audience["regions"]),
        "audiences": Audience.values if audience["audiences"] == ALL else audience["audiences"],
        "every_locale": audience["locales"] == ALL,
        "locales": [] if audience["locales"] == ALL else audience["locales"],
        "services": document["services"],
        "schedule": "local" if "local" in schedule else "now" if at == "now" else "at",
        "at": "" if at == "now" else at.removesuffix("Z"),
        "local": schedule.get("local", ""),
        "not_after": document["not_after"].removesuffix("Z"),
        "quiet": "respect" if quiet == "respect" else "override",
        "quiet_reason": "" if quiet == "respect" else quiet["override"],
        "home_zone": document["home"]["zone"],
        "home_locale": document["home"]["locale"],
        **alert,
        **{f"tip_{who}": slug for who, slug in document["tips"].items()},
    }
    for code, text in document["messages"].items():
        values |= {words_field(code, part, name): text[part][name] for part, name in PARTS}
    return values


def field_of(path: str) -> str:
    """Return the form's field for a place in the written form, "" where there is none."""
    parts = path.split(".")
    if parts[0] == "messages" and len(parts) == 4:
        return words_field(*parts[1:])
    if parts[0] == "tips" and len(parts) == 2:
        return f"tip_{parts[1]}"
    known = {"home.zone": "home_zone", "home.locale": "home_locale", "schedule.at": "at", "schedule.local": "local"}
    known |= {"quiet_hours.override": "quiet_reason", "audience.countries": "more_countries"}
    return known.get(path, parts[-1])


def words_field(code: str, part: str, name: str) -> str:
    """Return the name of the field for one part of the text in one language."""
    return f"words_{code}_{part}_{name}"


def _utc(moment: str) -> str:
    """Return what a browser sends for a date and time as an instant in UTC."""
    return f"{moment}:00Z" if len(moment) == 16 else f"{moment}Z"


def _tongues(kept: Mapping[str, Any]) -> dict[str, Locale | None]:
    """Return every locale that may have a text, by code, in the order of their names."""
    known = Locale.objects.in_bulk()
    codes = sorted({*known, *kept}, key=lambda code: known[code].name if code in known else code)
    return {code: known.get(code) for code in codes}


def _earlier() -> list[tuple[str, str]]:
    earlier = Campaign.objects.filter(Q(state__in=APPROVED_ON)).order_by("-pk")[:100]
    return [(str(campaign.pk), f"{campaign.pk}: {campaign.name}") for campaign in earlier]
