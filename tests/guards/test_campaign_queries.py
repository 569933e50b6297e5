"""Every page about campaigns needs as many queries for many campaigns, languages and apps as for one, and at most 20."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse
from django.utils import timezone

from api.reads import edition_store
from content.models import Tip, TipRevision
from core.access import CONSOLE
from core.console import pages
from core.models import User
from notifications.campaigns import caution_answers, draft_tasks, lifecycle, programmes, translation_requests, translation_texts
from notifications.campaigns.checks.words import cautions
from notifications.models import Campaign, PairedPhone, PairingRequest, Programme, TranslationRequest
from notifications.models.draft_task import DraftTask
from notifications.models.test_phone import PairingOffer
from tests import make
from tests.notifications.console.test_live import send

pytestmark = pytest.mark.django_db

MAX_QUERIES: Final = 20
LOCALES: Final = ("en", "cy", "es", "fr", "de", "pt-BR", "it", "nl", "pl", "id", "tr", "vi")
APPS: Final = ("parent", "school", "family")
#: An app in topics mode, which every campaign is for as well.
TOPICS_APP: Final = "pupil"
COUNTRIES: Final = ("GB", "FR", "DE")
AUDIENCES: Final = ("parent", "educator", "bystander")
WORDS: Final = {"outer": {"title": "Fingerpost", "body": "Fingerpost app"}, "inner": {"title": "Fingerpost", "body": "App"}}
URGENT: Final = {"severity": "Severe", "urgency": "Immediate", "certainty": "Likely", "status": "Actual"}
#: Pages that show rows of tips or people beside those about campaigns: the page of a tip's change shows in which packs it is.
OTHERS: Final = frozenset({"tip-change"})


class Size(NamedTuple):
    """How much there is of everything."""

    campaigns: int
    locales: int
    apps: int


@dataclass(frozen=True)
class Scene:
    """One campaign in each state with everything that can belong to it."""

    draft: Campaign
    #: A draft whose translators have handed in one text, and have another one.
    translated: Campaign
    template: Campaign
    submitted: Campaign
    #: Submitted, in the programme.
    tied: Campaign
    correction: Campaign
    approved: Campaign
    sent: Campaign
    programme: Programme
    tip_change: TipRevision

    @property
    def all(self) -> tuple[Campaign, ...]:
        return (self.draft, self.translated, self.submitted, self.correction, self.approved, self.sent)


def at_in(hours: int) -> dict[str, str]:
    return {"at": (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")}


def definition_of(size: Size) -> dict[str, Any]:
    """Return what a campaign of this size is for and says."""
    messages: dict[str, Any] = {locale: dict(WORDS) for locale in LOCALES[: size.locales]}
    if size.locales > 1:
        messages["en"]["variants"] = {"educator": WORDS, "GB-WLS": WORDS}
    return {
        "apps": [*APPS[: size.apps], TOPICS_APP],
        "audience": {"countries": list(COUNTRIES[: size.apps]), "audiences": list(AUDIENCES[: size.apps])},
        "messages": messages,
        "tips": dict.fromkeys(AUDIENCES[: size.apps], "first-hour"),
        "handouts": ["for-home", "for-school"][: size.apps - 1],
    }


def scene(size: Size) -> Scene:
    """Make a campaign of this size in each state, and as many small ones beside it as the size says."""
    for name in APPS[: size.apps]:
        make.app(name)
    make.app(TOPICS_APP, push_mode="topics")
    make.topic(app=TOPICS_APP, audience="parent")
    own, small = definition_of(size), definition_of(Size(1, 1, 1))
    author, _ = make.campaign_staff()
    programme = programmes.create(f"Programme of {size.campaigns}", "", by=author, at=timezone.now())
    for number in range(size.campaigns - 1):
        made = scene_of(small, programme, name=f"Other {number}")
        paired(number)
        assert made.sent.state == "sending"
    paired(10 * size.campaigns)
    made = scene_of(own, programme, name="The one")
    # The newest entries of the history are of every kind.
    programmes.rename(programme, f"Programme of {size.campaigns} campaigns", "", by=author, at=timezone.now())
    return made


def scene_of(definition: dict[str, Any], programme: Programme, *, name: str) -> Scene:
    author, _ = make.campaign_staff()
    now = timezone.now()
    later: dict[str, Any] = {"schedule": at_in(3), "not_after": (now + timedelta(days=2)).isoformat()}
    is_first = not Campaign.objects.filter(state="sending").exists()
    # Its start depends on where its readers are.
    by_local_clock = {"schedule": {"local": f"{now + timedelta(days=1):%Y-%m-%dT%H:%M}"}}
    first: dict[str, Any] = {"alert": URGENT} if is_first else {}
    sent = make.campaign(**definition, name=f"{name}, sent", **first)
    for state in ("draft", "submitted"):
        inside = make.campaign(state="draft", **definition, name=f"{name}, in a programme, {state}", **later)
        programmes.add(programme, inside, by=author, at=now)
        if state == "submitted":
            caution_answers.answer(inside, {one.key: "A test says so." for one in cautions(inside)}, by=author, at=now)
            lifecycle.submit(inside, by=author, at=now)
    draft = make.campaign(state="draft", **definition, name=f"{name}, draft", **later)
    tip = make.tip(f"tip-{Tip.objects.count()}")
    return Scene(
        draft=draft,
        translated=translated(make.campaign(state="draft", **definition, name=f"{name}, translated", **later)),
        template=draft_tasks.copy(draft, f"{name}, template", as_template=True, key=uuid4(), by=author, at=now),
        submitted=make.campaign(
            state="submitted", **definition, name=f"{name}, submitted", **later | by_local_clock, alert=URGENT
        ),
        tied=inside,
        correction=make.campaign(state="submitted", **definition, name=f"{name}, correction", kind="update", references=sent.pk),
        approved=make.campaign(**definition, name=f"{name}, approved", **later | by_local_clock),
        sent=with_outcomes(sent),
        programme=programme,
        tip_change=TipRevision.objects.propose(slug=tip.slug, facts=tip.facts() | {"order": 7}, by=User.objects.system(), at=now),
    )


def translated(draft: Campaign) -> Campaign:
    """Let the translators hand in one text of the draft, and begin another one."""
    editor = User.objects.filter(username="editor").first() or make.person("editor", "localisation-editor")
    now = timezone.now()
    later = now + timedelta(hours=1)
    one, _ = translation_requests.ask(draft, ["ar", "ur"], deadline=later, by=draft.created_by, at=now)
    draft.refresh_from_db()
    source = translation_texts.source_of(draft)
    translation_requests.hand_in(
        one,
        dict.fromkeys(source.texts, "نصائح"),
        from_revision=one.revision,
        source=source.digest,
        campaign_version=draft_tasks.version(draft, DraftTask.WORDS, locale="ar"),
        by=editor,
        at=now,
    )
    draft.refresh_from_db()
    return draft


def with_outcomes(campaign: Campaign) -> Campaign:
    """Send to the campaign's audience, with outcomes of every message."""
    keys = [str(pk) for pk in campaign.messages.exclude(platform="").values_list("pk", flat=True)]
    return send(campaign, accepted=40 * len(keys), devices=100 * len(keys), tally={key: {"accepted": 40} for key in keys})


def paired(number: int) -> PairedPhone:
    """Pair a test phone of the person who looks."""
    make.app("parent-test", test=True)
    offer = PairingRequest.objects.register(
        at=timezone.now(), app="parent-test", address_kind="fid", address=make.fid(9000 + number), platform="android",
        locale="en", country="GB", region=None, time_zone="Europe/London", audience="parent", app_version="1.2.0",
    )  # fmt: skip
    assert isinstance(offer, PairingOffer)
    return PairingRequest.objects.pair(offer.code, name="Phone", by=User.objects.get(username="staff"), at=timezone.now())


def addresses(made: Scene) -> dict[str, list[str]]:
    """Return the addresses of each page in the states that it differs in, by the name of its route."""
    draft, sent, everyone = made.draft, made.sent, made.all

    def page(name: str, *arguments: object, query: str = "") -> str:
        return reverse(f"admin:{name}", args=arguments) + query

    def of(name: str, *campaigns: Campaign) -> list[str]:
        return [page(name, campaign.pk) for campaign in campaigns]

    tasks = ("edit", "purpose", "who", "words", "help", "when", "check", "translators", "autosave")
    return {
        "index": [page("index")],
        "apps": [page("apps")],
        "app": [page("app", "parent")],
        "help": [page("help")],
        "history": [page("history")],
        "status": [page("status")],
        "calendar": [page("calendar"), page("calendar", query="?view=week")],
        "stop-everything": [page("stop-everything")],
        "test-phones": [page("test-phones")],
        "campaigns": [page("campaigns"), page("campaigns", query="?csv=1")],
        "campaign-new": [page("campaign-new"), *(page("campaign-new", query=f"?{way}={sent.pk}") for way in ("like", "repeats"))],
        "campaign": of("campaign", *everyone),
        "campaign-history": of("campaign-history", *everyone),
        "campaign-test": of("campaign-test", *everyone),
        "campaign-phones": of("campaign-phones", draft, made.submitted, sent),
        "campaign-read": of("campaign-read", made.translated, made.submitted),
        "campaign-approve": of("campaign-approve", made.submitted, made.correction, made.tied),
        "campaign-live": of("campaign-live", made.approved, sent),
        "campaign-stop": of("campaign-stop", made.approved, sent),
        "campaign-progress": of("campaign-progress", made.approved, sent),
        "campaign-report": of("campaign-report", made.approved, sent),
        "campaign-report-csv": of("campaign-report-csv", made.approved, sent),
        "campaign-correct": [*of("campaign-correct", sent), page("campaign-correct", sent.pk, query="?as=wrong")],
        "campaign-delete": of("campaign-delete", draft),
        **{f"campaign-{task}": of(f"campaign-{task}", draft, made.translated) for task in tasks},
        "campaign-text": [page("campaign-text", draft.pk, locale) for locale in ("en", "ar")],
        "campaign-text-for": [page("campaign-text-for", draft.pk, "en", "GB-WLS")],
        "campaign-translate": [page("campaign-translate", made.translated.pk, locale) for locale in ("ar", "ur")],
        "programmes": [page("programmes")],
        "programme": [page("programme", made.programme.pk)],
        "programme-approve": [page("programme-approve", made.programme.pk)],
        "programme-stop": [page("programme-stop", made.programme.pk)],
        "tip-change": [page("tip-change", made.tip_change.pk)],
        "alerts": ["/v1/alerts?country=GB"],
        "alert": [f"/v1/alerts/{sent.pk}"],
        "alert-cap": [f"/v1/alerts/{sent.pk}/cap"],
        "alerts-atom": ["/v1/alerts.atom?country=GB"],
        "alert-page": [f"/a/{sent.pk}"],
        "sent-alerts": ["/transparency"],
        "sent-counts": ["/v1/transparency"],
    }


#: The people who look, the first one who may open a page; each holds what one person at a small organization may hold.
PEOPLE: Final = {
    "staff": ("campaign-author", "campaign-approver"),
    "translator": ("localisation-editor",),
    "root": ("administrator",),
}


def counts(client: Client, made: Scene) -> Iterator[tuple[str, int]]:
    """Yield the number of queries of each page, with its name and the number of the state that it is in."""
    # Queries that a process makes once, or once for each change of what is published, are not counted.
    client.get("/console/login/")
    for name, paths in addresses(made).items():
        if name not in CONSOLE and name != "index":
            # A process reads each pack once.
            client.get(paths[0])
        access = CONSOLE.get(name)
        who = next(who for who, roles in PEOPLE.items() if access is None or {*roles} & {*access.opens})
        client.force_login(User.objects.get(username=who))
        for number, path in enumerate(paths):
            with CaptureQueriesContext(connection) as queries:
                response = client.get(path)
            assert response.status_code == 200, (name, path, response.status_code)
            yield f"{name} {number}", len(queries)


def test_every_page_about_campaigns_is_looked_at() -> None:
    console = {route.name for route in pages.ROUTES if route.page.__module__.startswith("notifications.")}
    public = {name for entry in get_resolver("api.urls").url_patterns if (name := str(getattr(entry, "name", "")))}
    public = {name for name in public if name.startswith(("alert", "sent-"))}
    one = Campaign(pk=1)
    nobody = Scene(one, one, one, one, one, one, one, one, Programme(pk=1), TipRevision(pk=1))

    assert console | public | OTHERS | {"index"} == {*addresses(nobody)}


@pytest.fixture
def _fresh_edition() -> Iterator[None]:
    edition_store.store.clear()
    yield
    edition_store.store.clear()


@pytest.mark.slow
@pytest.mark.usefixtures("_fresh_edition")
def test_every_page_about_campaigns_needs_few_queries_whatever_there_is(client: Client) -> None:
    make.small_release()
    for name, roles in PEOPLE.items():
        make.person(name, *roles)
    one = scene(Size(campaigns=1, locales=1, apps=1))
    assert TranslationRequest.objects.count() == 2
    few = dict(counts(client, one))

    many = dict(counts(client, scene(Size(campaigns=4, locales=12, apps=3))))

    assert {page: (few[page], number) for page, number in many.items() if number != few[page]} == {}
    assert {page: number for page, number in many.items() if number > MAX_QUERIES} == {}
