"""Builders for tests: named people with stated rights, and rows with keyword overrides."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from content.assurance.record import record_assurance
from content.compiling import compiler
from content.compiling.compiler import compile_release
from content.compiling.facts import Snapshot
from content.compiling.pack_parts import PackPartBuilder
from content.importing.reference import load_reference
from content.importing.words_file import LABELS
from content.models import (
    Channel,
    ChannelRevision,
    Organization,
    Release,
    Service,
    ServiceNotice,
    ServiceRevision,
    Target,
    Tip,
    TipRevision,
    Unit,
)
from content.models.assurance import Method
from content.models.channel_revision import Act
from content.publishing.confirmation import candidate_digest, confirm
from content.publishing.notices import approve_notice
from content.publishing.publish import publish as publish_release
from content.terms import SOURCE_LOCALE
from core import roles
from core.models import User
from notifications.campaigns import audience, caution_answers, lifecycle, variants
from notifications.campaigns.checks.words import cautions
from notifications.models import (
    App,
    Brake,
    Campaign,
    Heartbeat,
    HeartbeatPart,
    Registered,
    Registration,
    SchedulerRun,
    Segment,
)
from notifications.models.registration_row import NoTeens, new_row
from notifications.registrations.values import time_zone
from tests.made_once import made_once

#: A Tuesday morning in London; tests that need a clock take this one.
NOON = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


def person(name: str, *given: str, locales: tuple[str, ...] = ("*",)) -> User:
    """Make a member of staff with the given roles, who reads all locales by default."""
    user = User.objects.create_user(name, password=None, is_staff=True, locales=list(locales))
    for role in given:
        roles.give(user, role)
    return User.objects.get(pk=user.pk)


# Content: rows are created by the functions of the product, so that a builder cannot make what the product could not.


@made_once
def world() -> None:
    """Create all countries and locales."""
    load_reference()


def checker() -> User:
    """Return the second person who approves numbers in builders."""
    return User.objects.filter(username="checker").first() or person("checker", "assurer", "localisation-reviewer", "publisher")


def channel(service: Service, *, at: datetime = NOON, **facts: object) -> Channel:
    """Add a channel to a service, proposed by the product and approved by `checker`; by default the phone number 0800 1111."""
    defaults: dict[str, object] = {
        "type": "phone",
        "number_type": "e164",
        "dial": "0800 1111",
        "address": "+448001111",
        "hours": "24/7",
        "cost": "free",
    }
    if facts.get("type", "phone") not in ("phone", "sms"):
        defaults |= {"number_type": "", "dial": "", "address": "https://example.org/report", "hours": ""}
    revision = ChannelRevision.objects.propose(
        service_id=service.pk, position=None, act=Act.ADD, by=User.objects.system(), at=at, facts=defaults | facts
    )
    revision.approve(by=checker(), at=at)
    return Channel.objects.get(service=service, position=revision.position)


def service(
    slug: str = "gb-line",
    *,
    country: str = "GB",
    purpose: str = "Talk to someone who listens.",
    channels: int = 1,
    **fields: object,
) -> Service:
    """Make a confirmed helpline of the country with one phone number (116 111 outside Great Britain)."""
    organization, _ = Organization.objects.get_or_create(id="org", defaults={"name": "An Organization"})
    defaults: dict[str, object] = {
        "organization": organization,
        "name": f"The {slug} service",
        "roles": ["helpline"],
        "audiences": ["teen", "parent", "educator", "bystander"],
        "situations": ["self-harm-risk"],
        "general": True,
        "confidence": "confirmed-in-source",
        "source": "https://example.org",
    }
    made = Service.objects.create(id=slug, country_id=country, **(defaults | fields))
    made = service_facts(slug)
    unit(f"service.{slug}.purpose", purpose, owner=f"service:{slug}")
    for _ in range(channels):
        number: dict[str, Any] = {} if country == "GB" else {"number_type": "short", "dial": "116 111", "address": "116111"}
        channel(made, **number)
    return made


def service_facts(slug: str, *, at: datetime = NOON, **facts: object) -> Service:
    """Change these facts of a service, proposed by the product and approved by `checker`."""
    found = Service.objects.get(pk=slug)
    revision = ServiceRevision.objects.propose(service=found, facts=facts, by=User.objects.system(), at=at)
    revision.approve(by=checker(), at=at)
    return Service.objects.get(pk=slug)


def approve_services() -> None:
    """Approve all proposed facts of services as `checker`."""
    for revision in ServiceRevision.objects.proposed():
        revision.approve(by=checker(), at=NOON)


def notice(service: str = "gb-line", *, approved: bool = True, at: datetime = NOON, **fields: Any) -> ServiceNotice:
    """Create a notice that a service is closed for six hours, by default approved by `checker`."""
    defaults: dict[str, Any] = {
        "kind": "closed",
        "from_at": at,
        "until_at": at + timedelta(hours=6),
        "source": "https://example.org/news",
        "by": User.objects.system(),
    }
    made = ServiceNotice.objects.propose(service_id=service, at=at, **(defaults | fields))
    if approved:
        approve_notice(made, by=checker(), at=at)
    return made


def emergency(country: str = "GB", **fields: Any) -> Service:
    """Make an emergency service of the country with the number 999."""
    made = service(f"{country.lower()}-emergency", country=country, channels=0, **{"roles": ["emergency"], **fields})
    channel(made, number_type="short", dial="999", address="999")
    return made


def unit(key: str, text: str, *, owner: str = "term", by: User | None = None, approved: bool = False, **more: Any) -> Unit:
    """Write a unit as the product (or another person), approved by `checker` if asked."""
    made = Unit.objects.write(key=key, owner=owner, text=text, by=by or User.objects.system(), at=NOON, **more)
    if approved:
        made.approve(by=checker(), at=NOON)
    return made


def labels(*, approved: bool = False) -> None:
    """Write the labels that no pack can do without, all at once and without a line in the audit log, as loading a file does."""
    made: dict[str, Any] = {"owner": "term", "by": User.objects.system(), "at": NOON, "locale": SOURCE_LOCALE}
    texts = {key: label_text(key) for key in sorted(LABELS)}
    Unit.objects.write_many(Unit.drafted(key=key, text=text, numbers={}, hosts=(), **made) for key, text in texts.items())
    if approved:
        for one in Unit.objects.filter(key__in=texts):
            one.approve(by=checker(), at=NOON)


def label_text(key: str) -> str:
    """Return the text of a label. A test whose pictures people look at has the real one in its place."""
    return f"Label of {key.partition('.')[2].replace('-', ' ')}"


def tip(slug: str = "first-hour", *, approved: bool = False, texts: dict[str, str] | None = None, **fields: object) -> Tip:
    """Make a tip of a title, a short answer, one step to do and one not to do."""
    defaults: dict[str, object] = {"audiences": ["teen"], "situations": ["blackmail"], "do_now": [1], "do_not": [1]}
    defaults["more"] = "more" in (texts or {})
    words = {"title": "Stop and breathe", "short": "You are not alone.", "do-now.1": "Tell one adult.", "do-not.1": "Do not pay."}
    for part, text in (words | (texts or {})).items():
        unit(f"tip.{slug}.{part}", text, owner=f"tip:{slug}", approved=approved)
    return tip_facts(slug, **(defaults | fields))


def tip_facts(slug: str, **fields: object) -> Tip:
    """Add a tip with these facts or change those of one, proposed by the product and approved by `checker`."""
    found = Tip.objects.filter(pk=slug).first()
    facts = (found.facts() if found else NEW_TIP) | fields
    TipRevision.objects.propose(slug=slug, facts=facts, by=User.objects.system(), at=NOON).approve(by=checker(), at=NOON)
    return Tip.objects.get(pk=slug)


def approve_tips() -> None:
    """Approve all proposed changes of tips as `checker`."""
    for revision in TipRevision.objects.proposed():
        revision.approve(by=checker(), at=NOON)


def approve_texts() -> None:
    """Approve all source texts that wait as `checker`."""
    for unit in Unit.objects.filter(state="needs-review"):
        unit.approve(by=checker(), at=NOON)


def check_channels() -> None:
    """Record that each service confirmed its numbers and addresses at noon; the checks are valid for as long as they may be."""
    for row in Channel.objects.all():
        record_assurance(row, by=checker(), at=NOON, method=Method.CONFIRMED, until=None, note="They confirmed it.")


#: The facts of a tip that are the same in most tests.
NEW_TIP: dict[str, object] = {
    "kind": "tip",
    "countries": [],
    "min_age": None,
    "max_age": None,
    "age_measured": "",
    "order": 100,
    "more": False,
    "order_in": {},
    "tip_state": "current",
}


def target(key: str, locale: str, text: str, *, approved: bool = False) -> Target:
    """Write the target of a unit as the product, approved by `checker` (with its source) if asked."""
    source = Unit.objects.get(key=key)
    made = Target.objects.of(source, locale)
    made.write(text=text, by=User.objects.system(), at=NOON, from_revision=0)
    if approved:
        source.approve(by=checker(), at=NOON)
        made.approve(by=checker(), at=NOON)
    return made


@made_once
def small_content() -> None:
    """Create the least content from which the packs for Great Britain and the worldwide ones compile."""
    world()
    labels()
    emergency()
    service("gb-line")
    service("zz-line", country="ZZ", channels=0)
    channel(Service.objects.get(pk="zz-line"), type="url")
    tip()


def small_release() -> Release:
    """Create `small_content` and publish it."""
    _published_small_content()
    return Release.objects.current()


@made_once
def _published_small_content() -> None:
    small_content()
    release()


def release(*, publish: bool = True) -> Release:
    """Compile all content, and by default publish it as a second person."""
    compiler = User.objects.filter(username="compiler").first() or person("compiler", "publisher")
    made = compile_release(by=compiler, at=NOON)
    if publish:
        confirm_all(made, by=checker())
        publish_release(made, by=checker(), at=NOON)
    return made


def confirm_all(release: Release, *, by: User, at: datetime = NOON) -> None:
    """Confirm everything that the candidate takes away or brings back, as its publisher does."""
    confirm(release, shown=candidate_digest(release), effects=release.effects.values_list("pk", flat=True), by=by, at=at)


def build_pack(snapshot: Snapshot, country: str, locale: str) -> bytes:
    """Build one pack alone, as the compiler builds it among all others."""
    return compiler.build_pack(PackPartBuilder(snapshot), country, locale).body


def pack_body(release: Release, country: str, locale: str) -> tuple[str, str] | None:
    """Return the digest and body of the release's pack for the country and locale, or None."""
    return release.release_packs.filter(country_id=country, locale_id=locale).values_list("pack_id", "pack__body").first()


# Notifications: registrations and campaigns, likewise created by the functions of the product.


def workers() -> None:
    """Record that a worker and the beat have just worked."""
    Brake.objects.for_everything()
    SchedulerRun.objects.take_turn(late_after=0.0)
    for part in HeartbeatPart:
        Heartbeat.objects.give(part, host="worker")


def app(name: str = "parent", *, project: str = "fingerpost-test", **fields: object) -> App:
    """Make an app that stores addresses."""
    made, _ = App.objects.get_or_create(
        name=name, defaults={"title": name, "project": project, "push_mode": "registrations"} | fields
    )
    return made


#: What an installation of the parent app in Great Britain says of itself.
PARENT: dict[str, Any] = {
    "app": "parent",
    "address_kind": "fid",
    "platform": "android",
    "locale": "en",
    "country": "GB",
    "region": None,
    "time_zone": "Europe/London",
    "audience": "parent",
    "app_version": "1.2.0",
}


def installation(number: int = 0, *, at: datetime = NOON, **values: Any) -> Registered:
    """Register one installation of the parent app in Great Britain; its address depends on `number`."""
    return Registration.objects.register(at=at, **(PARENT | {"address": fid(number)} | values))


def installations(number: int, *, first: int = 0, at: datetime = NOON, **values: Any) -> list[Registered]:
    """Register this many installations with different addresses; those that are new, but for the first, in one statement."""
    if not number:
        return []
    made = {first: installation(first, at=at, **values)}
    known = PARENT | values
    app = App.objects.get(pk=known.pop("app"))
    unproven_since = None if known.pop("proven", True) else at
    rows = {one: new_row(app, at=at, address=fid(one), **known) for one in range(first + 1, first + number)}
    digests = {row["address_digest"]: one for one, (row, _, _) in rows.items()}
    for digest in Registration.objects.filter(address_digest__in=digests).values_list("address_digest", flat=True):
        made[digests[digest]] = installation(digests[digest], at=at, **values)
        del rows[digests[digest]]
    segment = Registration.objects.get(pk=made[first].id).segment
    Registration.objects.bulk_create(
        Registration(segment=segment, unproven_since=unproven_since, **row) for row, _, _ in rows.values()
    )
    made |= {one: replace(made[first], id=row["id"], secret=secret) for one, (row, _, secret) in rows.items()}
    return [made[one] for one in range(first, first + number)]


def ticket(installation: Registration) -> int:
    """Return the ticket of an installation that is proven."""
    assert installation.ticket is not None
    return installation.ticket


#: What an installation of the teen app tells when it asks for its topics.
TEEN: dict[str, Any] = {
    "app": "teen",
    "country": "GB",
    "region": None,
    "locale": "en",
    "audience": "teen",
    "time_zone": "Europe/London",
}


def topic(*, at: datetime | None = None, **values: Any) -> Segment:
    """Return the row of a topic, as phones were given it before there was a list; `topic_list.write` writes the list."""
    known = TEEN | values
    zone = time_zone(known["country"], known.pop("time_zone"))
    place = {"app_id": known.pop("app"), **known, "region": known["region"] or "", "zone": zone, "platform": ""}
    made, _ = Segment.objects.get_or_create(**place, defaults={"listed_on": (at or datetime.now(UTC)).date()})
    return made


def fid(number: int) -> str:
    """Return the address of an installation: 22 characters as Firebase gives them."""
    return f"fid{number:019d}"


def token(number: int = 0) -> str:
    """Return a registration token: the installation ID it was made for, a colon, and 140 characters."""
    return f"{fid(number)}:APA91b{number:0134d}"


def definition(**changes: Any) -> dict[str, Any]:
    """Write an alert for the parents of Great Britain, due now at any hour."""
    texts = {
        "outer": {"title": "New advice in the app", "body": "Take two minutes to read it."},
        "inner": {
            "title": "If someone threatens to share a picture",
            "body": "Do not pay. It is never the young person's fault.",
        },
    }
    return {
        "name": "Half-term warning",
        "kind": "alert",
        "apps": ["parent"],
        "audience": {"countries": ["GB"], "audiences": ["parent"]},
        "messages": {"en": texts},
        "services": ["gb-line"],
        "alert": {"severity": "Moderate", "urgency": "Expected", "certainty": "Likely", "status": "Actual"},
        "home": {"zone": "Europe/London", "locale": "en"},
        "schedule": {"at": "now"},
        "not_after": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
        "quiet_hours": {"override": "A test runs at any hour."},
    } | changes


def campaign_staff() -> tuple[User, User]:
    """Return an author and an approver of campaigns."""
    return tuple(
        User.objects.filter(username=name).first() or person(name, role)
        for name, role in (("author", "campaign-author"), ("approver", "campaign-approver"))
    )  # type: ignore[return-value]


def audience_for(campaign: Campaign) -> None:
    """Register 20 installations, or a topic, that the campaign is sent to, unless somebody is already in its audience."""
    try:
        if audience.members(campaign):
            return
    except audience.WrongApps:
        return
    region = None if campaign.regions == ["all"] else campaign.regions[0]
    values: dict[str, Any] = {
        "country": region[:2] if region else "GB" if campaign.countries == ["all"] else campaign.countries[0],
        # The parent app stores no addresses of teenagers where no legal basis is recorded.
        "audience": "parent" if campaign.audiences == ["all"] else max(campaign.audiences, key=lambda name: name != "teen"),
        "region": region,
        "locale": "en" if campaign.locales == ["all"] else campaign.locales[0],
    }
    for reached in audience.apps(campaign):
        mode = reached.mode_in(values["country"])
        if mode == "registrations":
            with suppress(NoTeens):
                installations(20, first=10**6, app=reached.name, **values)
        elif mode == "topics":
            topic(app=reached.name, **values)


def help_for(countries: list[str] | str) -> list[str]:
    """Return services that help in these countries; where one has none of its own, a worldwide one."""
    found = {"gb-line"}
    named = [] if countries == "all" else countries
    own = dict(Service.objects.filter(country__in=named, channels__isnull=False).values_list("country_id", "pk"))
    found |= set(own.values())
    if countries == "all" or set(named) - own.keys():
        found.add("zz-help")
        if not Service.objects.filter(pk="zz-help").exists():
            channel(service("zz-help", country="ZZ", channels=0), type="url")
    return sorted(found)


@made_once
def campaign_ground() -> None:
    """Create what a campaign needs by default: two people, all countries and locales, and a service in Great Britain."""
    campaign_staff()
    world()
    service()


def campaign(
    *, state: str = "approved", at: datetime | None = None, reached: bool = True, reach: int | None = None, **changes: Any
) -> Campaign:
    """Make a campaign that is a draft, submitted or approved, by an author and an approver; by the real clock.

    With `reached`, somebody is registered for a campaign that nobody would be in the audience of. A follow-up confirms the texts
    that it has in common with the earlier campaign. By default it has help in each of its countries; its cautions are answered.
    `reach` confirms a large audience.
    """
    now = at or datetime.now(UTC)
    if not Service.objects.filter(pk="gb-line").exists():
        campaign_ground()
    author, approver = campaign_staff()
    app()
    document = definition(**changes)
    if "services" not in changes:
        document["services"] = help_for(document["audience"]["countries"])
    if "references" in changes:
        earlier = Campaign.objects.get(pk=changes["references"]).words
        same = sorted(variants.same_texts(earlier, document["messages"]))
        document = {"unchanged": same} | document
    made = lifecycle.draft(document, by=author, at=now)
    if reached:
        audience_for(made)
    if state in ("submitted", "approved"):
        caution_answers.answer(made, {caution.key: "A test says so." for caution in cautions(made)}, by=author, at=now)
        lifecycle.submit(made, by=author, at=now, reach=reach)
    if state == "approved":
        lifecycle.approve(made, fingerprint=made.fingerprint, by=approver, at=now, reach=reach)
    return made
