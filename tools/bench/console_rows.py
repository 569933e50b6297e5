"""The rows of ./run bench console: registrations, topics, and campaigns in every state and in twelve languages.

Django is imported inside the functions, because it is not set up when this module is imported.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tools.bench.push import planning, records

if TYPE_CHECKING:
    from core.models import User

#: Campaigns of the programme: half of them drafts, half of them submitted.
IN_PROGRAMME = 12
#: The newest campaigns, two in each state: for every reader in every country, so that they read every segment and topic.
FOR_EVERYONE = 10
#: A language of which the translators have the texts, and which no campaign has.
REQUESTED = "ar"
#: Services for readers in countries without services of their own.
_WORLDWIDE = ("zz-findahelpline", "zz-inhope")
#: A title and a body in each of twelve languages, without a word of what the alert is about.
_TEXTS = {
    "en": ("New advice in the app", "Take two minutes to read it."),
    "cy": ("Cyngor newydd yn yr ap", "Cymerwch ddau funud i'w ddarllen."),
    "es": ("Nuevos consejos en la aplicación", "Dedique dos minutos a leerlos."),
    "fr": ("De nouveaux conseils dans l'application", "Prenez deux minutes pour les lire."),
    "de": ("Neue Hinweise in der App", "Nehmen Sie sich zwei Minuten zum Lesen."),
    "pt-BR": ("Novas orientações no aplicativo", "Reserve dois minutos para ler."),
    "it": ("Nuovi consigli nell'app", "Bastano due minuti per leggerli."),
    "nl": ("Nieuw advies in de app", "Neem twee minuten om het te lezen."),
    "pl": ("Nowe wskazówki w aplikacji", "Przeczytaj je w dwie minuty."),
    "id": ("Saran baru di aplikasi", "Luangkan dua menit untuk membacanya."),
    "tr": ("Uygulamada yeni öneriler", "Okumak için iki dakika ayırın."),
    "vi": ("Lời khuyên mới trong ứng dụng", "Hãy dành hai phút để đọc."),
}


def content() -> None:
    """Load the services, their numbers and the texts, approved by a second person, and create the apps, one with topics."""
    from django.core.management import call_command

    records.create_app()
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        call_command("load_words", stdout=nowhere)
        people()
    _topics()


def _topics() -> None:
    """Create the teen app and every topic that a worker writes once everything is published."""
    import pycountry
    from django.utils import timezone

    from content.models import Locale, Service
    from content.terms import WORLDWIDE
    from notifications.delivery import topic_list
    from notifications.models import App, Segment
    from notifications.registrations import values

    services = list(Service.objects.approved().values_list("country_id", "regions"))
    known = topic_list.TopicFacts(
        frozenset(country for country, _ in services) - {WORLDWIDE},
        tuple(sorted(Locale.objects.translated().values_list("code", flat=True))),
        frozenset(values.NATIONS).union(*(regions for _, regions in services)),
    )
    app = App.objects.create(name="teen", title="Teen app", project=records.PROJECT, push_mode="topics")
    topics = (topic for country in pycountry.countries for topic in topic_list.listed(known, country.alpha_2))
    today = timezone.now().date()
    Segment.objects.bulk_create([Segment(app=app, listed_on=today, **topic._asdict()) for topic in topics])


def topics() -> int:
    """Return how many topics there are."""
    from notifications.models import Segment

    return Segment.objects.topics().count()


def people() -> list[User]:
    """Return those who open the pages: an author, an approver, an editor of translations and an administrator."""
    roles = {"editor": "localisation-editor", "administrator": "administrator"}
    return [*records.staff(), *(records.user(name, role) for name, role in roles.items())]


def fill(registrations: int, campaigns: int) -> None:
    """Add rows up to these numbers; campaigns in every state."""
    from django.db import connection

    from notifications.campaigns import lifecycle
    from notifications.delivery import planner
    from notifications.models import Campaign, Registration

    planning.add(registrations - Registration.objects.count())
    author, approver = records.staff()
    for number in range(Campaign.objects.count(), campaigns):
        now = datetime.now(UTC)
        start = None if number % 5 == 4 else now + timedelta(days=1 + number % 20)
        written = _for_everyone(number, start) if number >= campaigns - FOR_EVERYONE else _definition(number, start)
        campaign = lifecycle.draft(written, by=author, at=now)
        if number % 5 == 0:
            continue
        records.submit(campaign, at=now)
        if number % 5 == 1:
            continue
        records.approve_campaign(campaign)
        if number % 5 == 4:
            planner.plan_audience(campaign, at=datetime.now(UTC))
        if number % 10 == 9:
            lifecycle.stop(Campaign.objects.get(pk=campaign.pk), reason="A measurement.", by=approver, at=datetime.now(UTC))
    _programme()
    _request()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _definition(number: int, start: datetime | None) -> dict[str, Any]:
    definition = records.definition(at=start)
    inner = {"title": "Advice", "body": "Open the advice."}
    return {
        **definition,
        "name": f"Campaign {number}",
        "messages": {
            locale: {
                "outer": {"title": title, "body": body},
                "inner": inner if locale == "en" else {"title": title, "body": body},
            }
            for locale, (title, body) in _TEXTS.items()
        },
        "audience": {"countries": ["GB"], "audiences": ["parent"]},
    }


def _for_everyone(number: int, start: datetime | None) -> dict[str, Any]:
    """Return a campaign for every reader in every country, by each phone's own clock unless it starts at once."""
    from content.models import Service
    from content.terms import WORLDWIDE

    own = Service.objects.active().exclude(country=WORLDWIDE).values_list("pk", flat=True)
    written = {
        **_definition(number, start),
        "apps": "all",
        "audience": {"countries": "all", "audiences": "all"},
        "services": [*own, *_WORLDWIDE],
    }
    if start is None:
        return written
    local = {"schedule": {"local": f"{start:%Y-%m-%dT17:05}"}, "quiet_hours": "respect"}
    return written | local | {"not_after": (start + timedelta(days=3)).isoformat()}


def _programme() -> None:
    """Put drafts into a programme until it is full, and submit every second one of them."""
    from notifications.campaigns import programmes
    from notifications.models import Campaign, Programme, TranslationRequest

    author, now = records.staff()[0], datetime.now(UTC)
    programme = Programme.objects.first() or programmes.create("A programme", "", by=author, at=now)
    free = IN_PROGRAMME - programme.campaigns.count()
    # One whose texts are with the translators cannot be submitted.
    requested = TranslationRequest.objects.values("campaign")
    drafts = Campaign.objects.filter(state="draft", programme=None).exclude(pk__in=requested).order_by("-pk")[:free]
    for number, draft in enumerate(list(drafts)):
        programmes.add(programme, draft, by=author, at=now)
        if number % 2:
            records.submit(draft, at=now)


def _request() -> None:
    """Ask the translators for one language of a draft."""
    from notifications.campaigns import lifecycle, translation_requests
    from notifications.models import Campaign, TranslationRequest

    if TranslationRequest.objects.exists():
        return
    now, author = datetime.now(UTC), records.staff()[0]
    draft = lifecycle.draft(_definition(Campaign.objects.count(), now + timedelta(days=2)), by=author, at=now)
    translation_requests.ask(draft, [REQUESTED], deadline=now + timedelta(days=1), by=author, at=now)
