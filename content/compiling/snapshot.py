"""Everything that a release is compiled from, read at one instant into plain values. The compiler reads nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, Subquery

from content.compiling.facts import (
    ChannelFact,
    FigureFact,
    NoticeFact,
    Policy,
    ServiceFact,
    Snapshot,
    TargetText,
    TipFact,
    TipKeys,
    UnitText,
)
from content.contact_file import read_routes
from content.fact_lists import read_aliases, read_removal_powers
from content.models import (
    Assurance,
    Channel,
    Figure,
    Locale,
    Release,
    Service,
    ServiceNotice,
    Target,
    Tip,
    TipRevision,
    TipWithdrawal,
    Unit,
    UnitApproval,
    UnitRevision,
    Withdrawal,
)
from content.models.locale import LocaleQuerySet
from content.models.service_facts import ServiceFacts, Status
from content.models.source_history import SourceChange, effective_history, missed_changes
from content.models.target_lifecycle import TargetState
from content.models.tip_facts import SHORT_TITLE, TipFacts, TipKind, unit_keys
from content.models.unit_lifecycle import UnitState
from content.terms import OUTDATED_DAYS, Change, Situation

#: The texts that packs are made of.
_OWNERS = Q(owner="term") | Q(owner__startswith="tip:") | Q(owner__startswith="service:") | Q(owner__startswith="figure:")


def read_snapshot(policy: Policy, *, owner: str | None = None, translated: bool = True) -> Snapshot:
    """Return the state of the database at one instant, unaffected by writes in the meantime.

    With the `owner` of the texts of one tip or service the snapshot holds, beside services and figures, these texts alone and no
    base: enough to say where a tip is served, and much faster to read. Without translations it has all texts in the source
    language, and no base: enough to say which services and tips a pack holds, because a locale changes their words alone.
    """
    owners = _OWNERS if owner is None else Q(owner__in=["term", owner]) | Q(owner__startswith="figure:")
    with _one_instant():
        locales = list(_locales(policy).values_list("code", "dir", "fallback"))
        base = Release.objects.current_number() if owner is None and translated else None
        return Snapshot(
            policy=policy,
            directions={code: direction for code, direction, _ in locales},
            texts={text.key: text for text in _texts(policy, owners, translated=translated)},
            services=tuple(service_facts()),
            tips=tuple(_tips()),
            routes=read_routes(),
            aliases=read_aliases(),
            removal_powers=read_removal_powers(),
            # A closed service is in the packs all the same.
            notices={} if owner is not None and owner.startswith("tip:") else read_notices(policy.day),
            figures=tuple(_figures()),
            fallbacks={code: tuple(fallback) for code, _, fallback in locales if fallback is not None},
            base=base,
            base_packs=Release(number=base).pack_digests() if base is not None else {},
        )


def _locales(policy: Policy) -> LocaleQuerySet:
    return Locale.objects.all() if policy.pseudo else Locale.objects.translated()


@contextmanager
def _one_instant() -> Iterator[None]:
    if connection.in_atomic_block:
        # The isolation level of the caller's transaction applies; it cannot be changed any more.
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _texts(policy: Policy, owners: Q, *, translated: bool) -> Iterator[UnitText]:
    units = Unit.objects.filter(owners)
    of_units = {} if owners is _OWNERS else {"unit__in": units}
    revisions: dict[int, list[UnitRevision]] = defaultdict(list)
    for revision in UnitRevision.objects.filter(unit__revision__gt=1, **of_units):
        revisions[revision.unit_id].append(revision)
    approvals: dict[int, list[UnitApproval]] = defaultdict(list)
    for approval in UnitApproval.objects.filter(**of_units):
        approvals[approval.unit_id].append(approval)
    targets: dict[int, list[Target]] = defaultdict(list)
    for target in Target.objects.filter(**of_units).exclude(state=TargetState.EMPTY) if translated else ():
        targets[target.unit_id].append(target)
    for unit in units:
        drafts = policy.serve_unreviewed
        number = unit.revision if drafts else unit.approved_revision
        text = unit.text if drafts else unit.approved_text
        source = _Source(
            served=number,
            history=effective_history(revisions[unit.pk], approvals[unit.pk]),
            approved={unit.approved_revision, *(approval.revision for approval in approvals[unit.pk])} - {None},
        )
        yield UnitText(
            key=unit.key,
            locale=unit.source_locale_id,
            text=text if number is not None else None,
            reviewed=not drafts or unit.state == UnitState.APPROVED,
            numbers=tuple(unit.allowed_numbers if drafts else unit.approved_numbers),
            stays_as_is=unit.stays_as_is if drafts else unit.approved_stays_as_is,
            hosts=tuple(unit.allowed_hosts),
            targets={
                target.locale_id: served for target in targets[unit.pk] if (served := _target(target, source, policy)) is not None
            },
        )


@dataclass(frozen=True)
class _Source:
    """What decides about the targets of one unit: its served revision, its changes, and the revisions that were approved."""

    served: int | None
    history: list[SourceChange]
    approved: set[int | None]


def _target(target: Target, source: _Source, policy: Policy) -> TargetText | None:
    """Return the text of the target, or None where it has none that may be served."""
    if policy.serve_unreviewed:
        text, translated = target.text, target.source_revision
    else:
        text, translated = target.approved_text, target.approved_source_revision or 0
    read = translated in source.approved
    if not text or source.served is None or not (read or policy.serve_unreviewed):
        return None
    missed = missed_changes(source.history, translated, source.served)
    return TargetText(
        text=text,
        reviewed=not missed and read and (not policy.serve_unreviewed or target.is_approved),
        withdrawn=any(change.change == Change.SAFETY for change in missed)
        or any(_long_ago(change.at, policy.day) for change in missed),
    )


def _long_ago(at: datetime, day: date) -> bool:
    return at.date() + timedelta(days=OUTDATED_DAYS) < day


def service_facts(*, approved: bool = True) -> Iterator[ServiceFact]:
    """Yield every service with its channels, best first, and the last check of each.

    With `approved` False those whose facts nobody has approved yet are among them: pages for staff show them, releases do not.
    """
    withdrawn = Withdrawal.objects.successors()
    checks = Assurance.objects.filter(revision=OuterRef("revision")).order_by("-at", "-pk")
    checked = Channel.objects.annotate(
        last_check_at=Subquery(checks.values("at")[:1]), last_check_until=Subquery(checks.values("until")[:1])
    )
    channels: dict[str, list[ChannelFact]] = defaultdict(list)
    for channel in checked.order_by("service_id", "position"):
        channels[channel.service_id].append(
            ChannelFact(
                position=channel.position,
                type=channel.type,
                number_type=channel.number_type,
                dial=channel.dial,
                address=channel.address,
                keyword=channel.keyword,
                hours=channel.hours,
                cost=channel.cost,
                anonymous=channel.anonymous,
                on_bill=channel.on_bill,
                situations=tuple(channel.situations) if channel.situations is not None else None,
                checked_on=channel.last_check_at.date() if channel.last_check_at else None,
                assured_until=channel.last_check_until,
            )
        )
    services = Service.objects.approved() if approved else Service.objects.all()
    for service in services.select_related("organization").order_by("pk"):
        fact = service_fact(service.pk, service, tuple(channels[service.pk]), withdrawn)
        yield fact if service.revision_id is not None else replace(fact, approved=False)


def service_fact(
    name: str, service: ServiceFacts, channels: tuple[ChannelFact, ...], withdrawn: Mapping[str, str | None]
) -> ServiceFact:
    """Return the service of this id with these facts and channels; `withdrawn` are the successors of withdrawn ones, by id."""
    return ServiceFact(
        id=name,
        name=service.name,
        organization_id=service.organization_id,
        organization=service.organization.name,
        country=service.country_id,
        regions=tuple(service.regions),
        area=tuple(service.area) if service.area is not None else None,
        roles=tuple(service.roles),
        audiences=tuple(service.audiences),
        named_situations=tuple(service.situations),
        situations=tuple(Situation.values if service.general else service.situations),
        min_age=service.min_age,
        max_age=service.max_age,
        age_measured=service.age_measured,
        languages=tuple(service.languages) if service.languages is not None else None,
        zone=service.zone,
        active=service.status == Status.ACTIVE and name not in withdrawn,
        successor=withdrawn.get(name, service.successor_id),
        confidence=service.confidence,
        channels=channels,
        withdrawn=name in withdrawn,
    )


def read_notices(day: date) -> dict[str, tuple[NoticeFact, ...]]:
    """Return by service the approved notices that are not over when the day (in UTC) begins."""
    found: dict[str, tuple[NoticeFact, ...]] = {}
    begins = datetime.combine(day, time.min, UTC)
    for notice in ServiceNotice.objects.approved().filter(until_at__gt=begins).order_by("pk"):
        fact = NoticeFact(notice.kind, notice.position, notice.from_at, notice.until_at)
        found[notice.service_id] = (*found.get(notice.service_id, ()), fact)
    return found


def _figures() -> Iterator[FigureFact]:
    for figure in Figure.objects.approved().order_by("slug"):
        yield FigureFact(
            id=figure.slug,
            value=figure.value,
            unit=figure.unit,
            qualifier=figure.qualifier,
            counted_by=figure.counted_by,
            country=figure.country_id,
            period_from=figure.period_from,
            period_until=figure.period_until,
            source=figure.source,
            source_url=figure.source_url,
            read_on=figure.read_on,
        )


def _tips() -> Iterator[TipFact]:
    approved: dict[str, list[TipKeys]] = defaultdict(list)
    for revision in TipRevision.objects.approved().order_by("-pk"):
        approved[revision.slug].append(_keys(revision.slug, revision))
    withdrawn = TipWithdrawal.objects.in_force().filter(tip=OuterRef("pk"))
    for tip in Tip.objects.current().filter(~Exists(withdrawn)).order_by("order", "slug"):
        yield tip_fact(tip.slug, tip, approved[tip.slug])


def tip_fact(slug: str, facts: TipFacts, approved: Iterable[TipKeys]) -> TipFact:
    """Return the tip with these facts; `approved` are the lists of its texts that were approved before, newest first."""
    return TipFact(
        slug=slug,
        notice=facts.kind == TipKind.NOTICE,
        audiences=tuple(facts.audiences),
        situations=tuple(facts.situations),
        countries=tuple(facts.countries),
        min_age=facts.min_age,
        max_age=facts.max_age,
        age_measured=facts.age_measured,
        order=facts.order,
        order_in=facts.order_in,
        versions=tuple(dict.fromkeys([_keys(slug, facts), *approved])),
    )


def _keys(slug: str, facts: TipFacts) -> TipKeys:
    """Return the texts that a version of the tip needs. The short title is none: its lack must not hold back a new step."""
    keys = unit_keys(slug, facts.do_now, facts.do_not, more=facts.more)
    return tuple((field, key) for field, key in keys if field != SHORT_TITLE)
