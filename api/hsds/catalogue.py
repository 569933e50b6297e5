"""The services of a release as HSDS, and the JSON of each as it is now."""

from __future__ import annotations

import logging
import math
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import orjson
from django.conf import settings

from api.hsds.filters import Searched
from api.reads.edition import Edition
from api.reads.pack_store import PackStore
from api.reads.request import ReadRequest
from content.exporting import hsds, hsds_alert
from content.exporting.home_packs import home_packs, release_services
from content.exporting.hsds import HsdsService
from content.exporting.hsds_alert import HsdsAlert
from content.exporting.hsds_ids import identifier
from core.instants import rfc3339

log = logging.getLogger(__name__)

#: Forms and ends of alerts for which the JSON of entries is held: two forms, now and after the next alert has ended.
_MAX_FORMS = 4


class LastChange(NamedTuple):
    """When an entry last changed: as the whole API writes instants, and the same to compare with."""

    text: str
    instant: datetime


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The services of a release as HSDS, by UUID in the order of Fingerpost's ids."""

    summaries: Mapping[str, HsdsService]
    full: Mapping[str, HsdsService]
    searched: Mapping[str, Searched]
    #: Fingerpost id of a retired service → id of its successor.
    retired: Mapping[str, str | None]
    #: UUID → alerts, of the services that have any.
    alerts: Mapping[str, Sequence[HsdsAlert]]
    #: The JSON of entries by UUID, for each form and end of the alerts in it; with the times of last changes that are in it.
    _json: dict[tuple[bool, float], tuple[Mapping[str, str], dict[str, orjson.Fragment]]] = field(default_factory=dict)
    #: The times of last changes of an edition, and what was made of them by UUID; of the latest edition alone.
    _changes: list[tuple[Mapping[str, str], Mapping[str, LastChange]]] = field(default_factory=list)

    def next_expiry(self, at: datetime) -> float:
        """Return the Unix time at which the next alert ends; infinity if there is none."""
        return min((alert.until.timestamp() for of in self.alerts.values() for alert in of if alert.until > at), default=math.inf)

    def current_entry(self, entry: HsdsService, request: ReadRequest) -> HsdsService:
        """Return the entry with its current alerts, and the time of its last change if that is known."""
        found = entry.copy()
        if texts := [alert.text for alert in self.alerts.get(entry["id"], ()) if alert.until > request.at]:
            found["alert"] = " ".join(texts)
        if since := self.changes(request.edition).get(entry["id"]):
            found["last_modified"] = since.text
        return found

    def names(self, request: ReadRequest, *, filtered: bool) -> list[str]:
        """Return the UUIDs of the services that meet the filters of the request's query."""
        if not filtered:
            return list(self.full)
        changes, wanted = self.changes(request.edition), request.parameters
        return [
            name
            for name, searched in self.searched.items()
            if searched.matches(change.instant if (change := changes.get(name)) else None, wanted)
        ]

    def changes(self, edition: Edition) -> Mapping[str, LastChange]:
        """Return the last change of each entry of which it is known, by UUID."""
        held = next(iter(self._changes), None)
        if held is None or held[0] is not edition.last_modified:
            found = {name: _change(entry, edition) for name, entry in self.full.items()}
            held = edition.last_modified, {name: change for name, change in found.items() if change is not None}
            self._changes[:] = [held]
        return held[1]

    def json(self, request: ReadRequest, *, full: bool) -> Callable[[str], orjson.Fragment]:
        """Return a function from a UUID to the JSON of the current entry, whole or not.

        Each is made once, because clients may ask for pages of any size: then a page costs hardly more than its compression.
        """
        key, since = (full, self.next_expiry(request.at)), request.edition.last_modified
        held = self._json.get(key)
        if held is None or held[0] is not since:
            if len(self._json) >= _MAX_FORMS:
                self._json.clear()
            held = self._json[key] = (since, {})
        made, chosen = held[1], self.full if full else self.summaries

        def of(name: str) -> orjson.Fragment:
            if name not in made:
                made[name] = orjson.Fragment(orjson.dumps(self.current_entry(chosen[name], request)))
            return made[name]

        return of

    def minimal(self, request: ReadRequest) -> Callable[[str], Mapping[str, str]]:
        """Return a function from a UUID to it and when it last changed, if known, under the name that HSDS has for that here."""
        changes = self.changes(request.edition)

        def of(name: str) -> Mapping[str, str]:
            since = changes.get(name)
            return {"id": name, **({"modified_date": since.text} if since else {})}

        return of


def _change(entry: HsdsService, edition: Edition) -> LastChange | None:
    since = edition.last_modified.get(str(entry[hsds.EXTENSION]["id"]))
    if not since:
        return None
    text = rfc3339(datetime.fromisoformat(since))
    return LastChange(text, datetime.fromisoformat(text))


def catalogue_of(edition: Edition) -> Catalogue:
    """Return the published services as HSDS; built once for the same packs. Raises NoRelease."""
    return _build(tuple(home_packs(edition.require_release().pack_digests).items()), edition.packs, settings.ASSURER_EMAIL)


def prepare(edition: Edition) -> None:
    """Build the catalogue of a new edition before it comes into force, for `EditionStore.before_change`.

    Otherwise the first request would, and everybody else would wait for it.
    """
    if edition.number is None:
        return
    # A fault must not keep the edition from readers of packs.
    try:
        catalogue_of(edition)
    except Exception as error:
        # The message is not logged: it may hold values.
        where = "".join(traceback.format_tb(error.__traceback__)[-1:]).strip()
        log.error("cannot build the catalogue of release %d (%s): %s", edition.number, type(error).__name__, where)


@lru_cache(maxsize=2)
def _build(homes: tuple[tuple[str, str], ...], packs: PackStore, assurer: str) -> Catalogue:
    # Parsed one by one and not kept: the memory for parsed packs is for the packs that readers use.
    found = release_services(dict(homes), lambda name: orjson.loads(packs.body(name)))
    services = {identifier("service", name): service for name, service in found.services.items()}
    alerts = {name: tuple(hsds_alert.alerts(service, found.notice_texts)) for name, service in services.items()}
    full = {name: hsds.nested(service, assurer=assurer) for name, service in services.items()}
    return Catalogue(
        {name: hsds.summary(service, assurer=assurer) for name, service in services.items()},
        full,
        {name: Searched.of(whole) for name, whole in full.items()},
        found.retired,
        {name: of for name, of in alerts.items() if of},
    )
