"""The campaign form, and its translation to and from the document that `definition.parse` checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Q

from content.console import labels
from content.console.unit_names import UnitNames
from content.models import Country, Locale, Service, Tip
from content.models.tip_facts import TipKind
from content.terms import WORLDWIDE, Recipient
from core.console.display import country_text, language_text
from core.console.pages import ConsoleForm
from notifications import cap
from notifications.campaigns.definition_fields import TEXT_LIMITS
from notifications.models import App, Campaign
from notifications.models.campaign import CampaignKind
from notifications.models.campaign_state import APPROVED_ON

ALL = "all"
KINDS = {
    CampaignKind.ALERT: "Alert: starts a new thread",
    CampaignKind.UPDATE: "Update: replaces the text of an earlier alert",
    CampaignKind.CANCEL: "Cancel: withdraws an earlier alert",
    CampaignKind.ALL_CLEAR: "All clear: says that an earlier alert is over",
    CampaignKind.EXERCISE: "Exercise: for test devices only",
}
#: The four parts of a text (outer or inner, title or body) and their labels.
PARTS = {
    ("outer", "title"): "Lock screen title",
    ("outer", "body"): "Lock screen text",
    ("inner", "title"): "In-app title",
    ("inner", "body"): "In-app text",
}


class DateTimeLocalInput(forms.DateTimeInput):
    """A date and time to the second, without a zone."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(attrs={"step": "1"})


class CampaignForm(ConsoleForm):
    """Everything that an author decides about a campaign."""

    name = forms.CharField(max_length=120, label="Name", help_text="Only staff see this.")
    kind = forms.ChoiceField(
        choices=[(kind.value, words) for kind, words in KINDS.items()], widget=forms.RadioSelect, label="Kind"
    )
    references = forms.ChoiceField(
        required=False, label="Earlier campaign", help_text="Needed for an update, a cancel or an all clear."
    )
    status = forms.ChoiceField(
        choices=cap.AlertStatus.choices,
        label="Status",
        help_text="Actual is sent to readers. Exercise and Test are sent only to test devices.",
    )
    severity = forms.ChoiceField(choices=cap.Severity.choices, label="Severity")
    urgency = forms.ChoiceField(choices=cap.Urgency.choices, label="Urgency")
    certainty = forms.ChoiceField(choices=cap.Certainty.choices, label="Certainty")

    apps = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, label="Apps")
    everywhere = forms.BooleanField(required=False, label="Every country")
    countries = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple, label="Countries")
    more_countries = forms.CharField(required=False, label="Other countries", help_text="Two-letter codes, for example AT, BE.")
    regions = forms.CharField(
        required=False, label="Regions", help_text="Codes, for example GB-WLS for Wales. Leave empty for all regions."
    )
    audiences = forms.MultipleChoiceField(
        choices=labels.choices(Recipient), widget=forms.CheckboxSelectMultiple, label="Audience"
    )
    every_locale = forms.BooleanField(required=False, label="Readers of every language")
    locales = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label="Only readers of these languages"
    )

    services = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple, label="Services")

    schedule = forms.ChoiceField(
        choices=[
            ("now", "As soon as it is approved"),
            ("at", "At one time everywhere"),
            ("local", "At the same local time on each phone"),
        ],
        widget=forms.RadioSelect,
        label="Start",
    )
    at = forms.CharField(required=False, widget=DateTimeLocalInput(), label="Date and time (UTC)")
    local = forms.CharField(
        required=False,
        widget=DateTimeLocalInput(),
        label="Local date and time",
        help_text="Without seconds, sending avoids the busy minutes of the hour. With seconds, it starts at that second.",
    )
    not_after = forms.CharField(
        widget=DateTimeLocalInput(), label="Do not send after (UTC)", help_text="No more than 28 days from now."
    )
    quiet = forms.ChoiceField(
        choices=[
            ("respect", "Respect quiet hours: phones wait from 21:00 to 08:00 local time"),
            ("override", "Override quiet hours: phones may ring at night"),
        ],
        widget=forms.RadioSelect,
        label="Quiet hours",
    )
    quiet_reason = forms.CharField(
        required=False, max_length=300, label="Reason for overriding quiet hours", help_text="The approver sees this first."
    )
    home_zone = forms.CharField(
        max_length=40,
        label="Home time zone",
        help_text="For example Europe/London. Used for phones whose time zone is not known.",
    )
    home_locale = forms.ChoiceField(
        label="Home language", help_text="Used for readers whose language has no text in this campaign."
    )

    def __init__(self, *args: Any, kept: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        """Take the texts of the edited campaign as `kept`: their variants by audience are not in the form."""
        super().__init__(*args, **kwargs)
        self.kept = kept or {}
        self.languages = _languages(self.kept)
        locales = [(code, locale.name if locale else language_text(code)) for code, locale in self.languages.items()]
        self._set_choices("references", [("", "None"), *_earlier_campaigns()])
        self._set_choices("apps", [(app.name, app.title + (" (test devices)" if app.test else "")) for app in App.objects.all()])
        own = Country.objects.filter(services__isnull=False).exclude(pk=WORLDWIDE).distinct().order_by("name")
        self._set_choices("countries", [(country.pk, country_text(country.pk)) for country in own])
        self._set_choices("locales", locales)
        self._set_choices("home_locale", locales)
        services = Service.objects.active().select_related("country").order_by("country__name", "name")
        self._set_choices("services", [(service.pk, service.name) for service in services])
        self.by_country: dict[str, list[Service]] = {}
        for service in services:
            self.by_country.setdefault(country_text(service.country_id), []).append(service)
        self._add_tip_fields()
        self._add_text_fields()

    def _set_choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def _add_tip_fields(self) -> None:
        tips = list(Tip.objects.current().filter(kind=TipKind.TIP).order_by("order"))
        names = UnitNames(f"tip.{tip.slug}" for tip in tips)
        for audience, name in labels.choices(Recipient):
            choices = [("", "None"), *((t.slug, names.name(f"tip.{t.slug}")) for t in tips if audience in t.audiences)]
            self.fields[f"tip_{audience}"] = forms.ChoiceField(choices=choices, required=False, label=f"Tip for {name.lower()}")

    def _add_text_fields(self) -> None:
        for code, locale in self.languages.items():
            attrs = {"lang": code, "dir": locale.dir if locale else "auto"}
            for (part, name), label in PARTS.items():
                rows = {"outer": 2, "inner": 6}[part]
                widget = forms.TextInput(attrs) if name == "title" else forms.Textarea({**attrs, "rows": rows})
                self.fields[text_field(code, part, name)] = forms.CharField(
                    required=False, widget=widget, label=label, help_text=f"No more than {TEXT_LIMITS[part, name]} characters."
                )

    def label_of(self, name: str) -> str:
        """Return the label of a field, with its language where it is part of a text."""
        label = str(self.fields[name].label)
        code = name.split("_")[1] if name.startswith("words_") else ""
        return f"{label} ({language_text(code)})" if code else label

    def definition(self) -> dict[str, Any]:
        """Return the document that `definition.parse` checks."""
        data = self.cleaned_data
        countries = [*data["countries"], *data["more_countries"].upper().replace(",", " ").split()]
        document: dict[str, Any] = {
            "name": data["name"],
            "kind": data["kind"],
            "apps": data["apps"],
            "audience": {
                "countries": ALL if data["everywhere"] else countries,
                "regions": data["regions"].upper().replace(",", " ").split() or ALL,
                "audiences": ALL if set(data["audiences"]) == set(Recipient.values) else data["audiences"],
                "locales": ALL if data["every_locale"] else data["locales"],
            },
            "messages": self._messages(),
            "services": data["services"],
            "tips": {audience: data[f"tip_{audience}"] for audience in data["audiences"] if data[f"tip_{audience}"]},
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
        """Return the texts of each language that has one, with the variants that the form does not show."""
        messages: dict[str, Any] = {}
        for code in self.languages:
            text: dict[str, Any] = {"outer": {}, "inner": {}}
            for part, name in PARTS:
                text[part][name] = self.cleaned_data[text_field(code, part, name)]
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
    """Return the form's initial values for a document: the reverse of `CampaignForm.definition`."""
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
        "audiences": Recipient.values if audience["audiences"] == ALL else audience["audiences"],
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
        **{f"tip_{audience}": slug for audience, slug in document["tips"].items()},
    }
    for code, text in document["messages"].items():
        values |= {text_field(code, part, name): text[part][name] for part, name in PARTS}
    return values


def field_of(path: str) -> str:
    """Return the form field for a path in the document, such as quiet_reason for quiet_hours.override."""
    parts = path.split(".")
    if parts[0] == "messages" and len(parts) == 4:
        return text_field(*parts[1:])
    if parts[0] == "messages":
        return "home_locale"
    if parts[0] == "tips" and len(parts) == 2:
        return f"tip_{parts[1]}"
    known = {"home.zone": "home_zone", "home.locale": "home_locale", "schedule.at": "at", "schedule.local": "local"}
    known |= {"quiet_hours.override": "quiet_reason", "audience.countries": "countries"}
    return known.get(path, parts[-1])


def text_field(code: str, part: str, name: str) -> str:
    """Return the name of the field for one part of the text in one language."""
    return f"words_{code}_{part}_{name}"


def _utc(moment: str) -> str:
    """Return the value of a datetime-local input, taken as UTC, in RFC 3339."""
    return f"{moment}:00Z" if len(moment) == 16 else f"{moment}Z"


def _languages(kept: Mapping[str, Any]) -> dict[str, Locale | None]:
    """Return every locale that can have a text, by code, in the order of their names."""
    known = Locale.objects.in_bulk()
    codes = sorted({*known, *kept}, key=lambda code: known[code].name if code in known else code)
    return {code: known.get(code) for code in codes}


def _earlier_campaigns() -> list[tuple[str, str]]:
    earlier = Campaign.objects.filter(Q(state__in=APPROVED_ON)).order_by("-pk")[:100]
    return [(str(campaign.pk), f"{campaign.pk}: {campaign.name}") for campaign in earlier]
