"""The rows of the measurements: the shipped tips with their translations, repeated until there are as many as asked for.

Django is imported inside the functions, because it is not set up when this module is imported.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tools.bench.push import records

if TYPE_CHECKING:
    from content.importing.drafts import Draft
    from content.importing.words_file import ImportedTip, ImportedWords
    from core.models import User

#: Locales beside the shipped ones, and the shipped locale whose texts they get, in the same script.
FURTHER = {
    **{"sv": "de", "da": "nl", "fi": "pl", "nb": "nl", "ro": "it", "hu": "pl", "cs": "pl", "sk": "pl", "hr": "pl", "sl": "pl"},
    **{"lt": "it", "lv": "it", "et": "de", "sq": "it", "az": "tr", "ms": "id", "sw": "id", "eu": "es", "gl": "es", "ca": "es"},
}
#: A shipped variant, which has few texts of its own, and the locale whose texts it gets here.
VARIANTS = {"es-419": "es"}
_CONSONANTS = "bcdfgjkpqrtvwz"
#: The tip whose page is measured, and its number of texts.
LONG, LONG_TEXTS = "forty-texts", 40
#: The locales in which the texts of that tip wait for a second reader.
WAITING = ("ar", "bn", "cy")


def fill(*, tips: int, locales: int, countries: int) -> None:
    """Write approved tips with their translations, and the services of so many countries, the worldwide one among them."""
    from content.importing.facts import FACTS_DIR
    from content.importing.words_file import read_words
    from content.models import Locale
    from core.models import User

    system, at = User.objects.system(), datetime.now(UTC)
    kept = _services(countries, by=system, at=at)
    further = [code for code in FURTHER if not Locale.objects.filter(pk=code).exists()]
    wanted = locales - Locale.objects.translated().count()
    if wanted > len(further):
        raise SystemExit(f"At most {locales - wanted + len(further)} locales can be measured.")
    Locale.objects.bulk_create(Locale(code=code, name=code, endonym=code) for code in further[: max(wanted, 0)])
    words = read_words(FACTS_DIR)
    sources = _texts(words, tips, kept, by=system, at=at)
    _targets(words, sources, by=system, at=at)
    _approve(records.user("reviewer", "localisation-reviewer"), at=at)
    _long_tip(words, by=system, at=at)
    analyze()


def analyze() -> None:
    """Bring the statistics and the index of trigrams up to date, as autovacuum does in an installation."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _services(countries: int, *, by: User, at: datetime) -> set[str]:
    """Load the services of the countries that have most, approve them and record a check of each channel; return their ids."""
    from django.core.management import call_command

    from content.assurance.record import record_assurance
    from content.assurance.validity import methods
    from content.importing.facts import SERVICES_FILE, load_facts
    from content.models import Channel, Service

    document = json.loads(SERVICES_FILE.read_text(encoding="utf-8"))
    counted = Counter(entry["country"] for entry in document["entries"])
    chosen = {code for code, _ in counted.most_common(countries)}
    entries = [entry for entry in document["entries"] if entry["country"] in chosen]
    data = document | {"entries": entries} | ({"count": len(entries)} if "count" in document else {})
    load_facts(json.dumps(data).encode(), by=by, at=at)
    assurer = records.user("assurer", "assurer")
    for facts in ("services", "channels"):
        call_command(facts, "approve-all", "--by", "assurer", stdout=records.Discard())
    for channel in Channel.objects.select_related("service"):
        method = methods(channel.service.roles, channel.type)[0]
        record_assurance(channel, by=assurer, at=at, method=method, note="A measurement.")
    return set(Service.objects.values_list("pk", flat=True))


def _texts(words: ImportedWords, tips: int, services: set[str], *, by: User, at: datetime) -> dict[str, tuple[str, str]]:
    """Write labels and tips, each tip with an own slug and texts of its own, as real tips have.

    Return by the key of each unit the key of the text in the files, and the mark that makes it another text.
    """
    from content.importing.drafts import write_drafts
    from content.importing.tip_proposals import propose_tips
    from content.models import TipRevision, Unit

    usable = list(_usable(words, services))
    labels = [draft for draft in words.drafts if draft.owner == "term"]
    keys = {key: (key, "") for key in (*Unit.objects.values_list("key", flat=True), *(draft.key for draft in labels))}
    imported: list[ImportedTip] = []
    drafts: list[Draft] = list(labels)
    for number in range(tips):
        tip, texts = usable[number % len(usable)]
        again = number // len(usable)
        slug, mark = (f"{tip.slug[:50]}-{again}", _mark(again)) if again else (tip.slug, "")
        imported.append(replace(tip, slug=slug))
        for draft in texts:
            key = f"tip.{slug}.{draft.key.split('.', 2)[2]}"
            keys[key] = draft.key, mark
            drafts.append(replace(draft, key=key, owner=f"tip:{slug}", text=draft.text + mark))
    write_drafts(drafts, by=by, at=at)
    propose_tips(imported, by=by, at=at)
    reviewer = records.user("reviewer", "localisation-reviewer")
    for revision in TipRevision.objects.proposed():
        revision.approve(by=reviewer, at=at)
    return keys


def _mark(again: int) -> str:
    """Return two letters in brackets, which are no word of any language, for the repetition of this number."""
    return f" ({_CONSONANTS[again // len(_CONSONANTS) % len(_CONSONANTS)]}{_CONSONANTS[again % len(_CONSONANTS)]})"


def _usable(words: ImportedWords, services: set[str]) -> Iterator[tuple[ImportedTip, list[Draft]]]:
    """Yield the tips that are in every language, name no service beside these and quote no figure, with their texts."""
    from content.linting.tokens import SERVICE, tokens

    texts: dict[str, list[Draft]] = {}
    for draft in words.drafts:
        texts.setdefault(draft.owner, []).append(draft)
    for tip in words.tips:
        own = texts[f"tip:{tip.slug}"]
        named = {token for draft in own for token in tokens(draft.text)}
        full = [targets for code, targets in words.targets.items() if code not in VARIANTS]
        translated = all(draft.key in targets for draft in own for targets in full)
        names_known = all(token.kind == SERVICE and token.name in services for token in named)
        if tip.fields["kind"] == "tip" and names_known and translated:
            yield tip, own


def _targets(words: ImportedWords, sources: Mapping[str, tuple[str, str]], *, by: User, at: datetime, prefix: str = "") -> None:
    """Write the translations of the units whose keys begin so, in every locale but English."""
    from content.models import Locale, Target, Unit

    units = [unit for unit in Unit.objects.filter(key__startswith=prefix) if unit.key in sources]
    for code in Locale.objects.translated().exclude(pk="en").values_list("pk", flat=True):
        texts = words.targets[(FURTHER | VARIANTS).get(code, code)]
        Target.objects.write_many(
            Target(unit=unit, locale_id=code, text=text + mark, written_by=by, written_at=at)
            for unit in units
            for key, mark in (sources[unit.key],)
            if (text := texts.get(key))
        )


def _approve(reviewer: User, *, at: datetime) -> None:
    """Approve every text. The constraints and triggers of the rows hold here as well; the functions take hours for so many."""
    from django.db import connection
    from django.db.models import F

    from content.models import Target, Unit, UnitApproval

    _approve_units(reviewer, at=at)
    Target.objects.update(
        state="approved",
        approved_by=reviewer,
        approved_at=at,
        approved_text=F("text"),
        approved_source_revision=F("source_revision"),
        revision=F("revision") + 1,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO content_targetrevision (target_id, revision, act, text, source_revision, by_id, at)
            SELECT id, revision, 'approved', text, source_revision, approved_by_id, approved_at FROM content_target
            """
        )
    assert UnitApproval.objects.count() == Unit.objects.count()


def _approve_units(reviewer: User, *, at: datetime) -> None:
    from django.db.models import F

    from content.models import Unit, UnitApproval
    from content.terms import Change

    waiting = list(Unit.objects.exclude(state="approved").values_list("pk", "revision"))
    Unit.objects.filter(pk__in=[pk for pk, _ in waiting]).update(
        state="approved",
        approved_by=reviewer,
        approved_at=at,
        approved_text=F("text"),
        approved_numbers=F("allowed_numbers"),
        approved_number_kinds=F("number_kinds"),
        approved_stays_as_is=F("stays_as_is"),
        approved_revision=F("revision"),
    )
    UnitApproval.objects.bulk_create(
        UnitApproval(unit_id=pk, revision=revision, declared=Change.SAFETY, change=Change.SAFETY, by=reviewer, at=at)
        for pk, revision in waiting
    )


def _long_tip(words: ImportedWords, *, by: User, at: datetime) -> None:
    """Write a tip of LONG_TEXTS texts, whose translations wait for a second reader, some with comments and unsaved texts."""
    from content.importing.drafts import write_drafts
    from content.models import TextComment, TipRevision, Unit, UnsavedText

    named = {draft.key: draft for draft in words.drafts if "{" not in draft.text}
    everywhere = set.intersection(*(set(words.targets[code]) for code in WAITING))
    steps = [draft for key, draft in named.items() if ".do-now." in key and key in everywhere][: LONG_TEXTS - 3]
    first = next(key.rsplit(".", 1)[0] for key in named if key.endswith(".title"))
    parts = {"title": named[f"{first}.title"], "short": named[f"{first}.short"], "do-not.1": named[f"{first}.do-not.1"]}
    parts |= {f"do-now.{number}": step for number, step in enumerate(steps, start=1)}
    write_drafts((replace(draft, key=f"tip.{LONG}.{part}", owner=f"tip:{LONG}") for part, draft in parts.items()), by=by, at=at)
    facts: dict[str, Any] = next(tip for tip in words.tips if f"tip.{tip.slug}" == first).fields
    facts = {**facts, "do_now": [*range(1, len(steps) + 1)], "do_not": [1], "more": False, "tip_state": "current"}
    reviewer = records.user("reviewer", "localisation-reviewer")
    TipRevision.objects.propose(slug=LONG, facts=facts, by=by, at=at).approve(by=reviewer, at=at)
    _approve_units(reviewer, at=at)
    sources = {f"tip.{LONG}.{part}": (draft.key, "") for part, draft in parts.items()}
    _targets(words, sources, by=by, at=at, prefix=f"tip.{LONG}.")
    editor = records.user("editor", "localisation-editor")
    for number, unit in enumerate(Unit.objects.owned_by(f"tip:{LONG}")):
        for code in WAITING if number % 4 == 0 else ():
            TextComment.objects.write(unit=unit, locale=code, text="Is this too formal?", by=editor, at=at)
            UnsavedText.objects.keep(
                person=editor, unit=unit, locale=code, text="…", stored="", from_revision=1, source_revision=1, at=at
            )
