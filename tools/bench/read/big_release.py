"""A release of any size, built from the pack for Great Britain.

`python -m tools.bench.read.big_release TIPS COUNTRIES LOCALES write` prints the number of the release.
`python -m tools.bench.read.big_release NUMBER publish` publishes it, and prints the number and the time (seconds since 1970).
"""

from __future__ import annotations

import sys
import time

import django

django.setup()

from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from api.reads import edition_store  # noqa: E402
from content.models import Country, Locale, Pack, Release, ReleasePack  # noqa: E402
from content.publishing.publish import publish  # noqa: E402
from core.canonical import canonical_json, digest  # noqa: E402
from core.models import User  # noqa: E402

TAGS = [
    *("en", "cy", "hi", "ar", "pt-BR", "fr", "de", "es", "it", "pl", "nl", "sv", "da", "fi", "nb", "el", "ro", "hu", "cs", "sk"),
    *("bg", "hr", "sl", "lt", "lv", "et", "mt", "ga", "uk", "ru", "tr", "he", "fa", "ur", "bn", "ta", "te", "ml", "mr", "gu"),
]


def compose(tips: int, countries: int, locales: int) -> Release:
    """Write an unpublished release with one pack per country and locale; no two packs ever have the same bytes."""
    edition = edition_store.store.current()
    base = edition.packs.parsed(edition.pack_digests["GB", "en"])
    present = [tip for tip in base["tips"] if tip["kind"] == "tip"]
    notices = [tip for tip in base["tips"] if tip["kind"] != "tip"]
    codes = ["ZZ", "GB", *[c for c in Country.objects.values_list("code", flat=True) if c not in {"ZZ", "GB"}]][:countries]
    for tag in TAGS[:locales]:
        Locale.objects.get_or_create(code=tag, defaults={"name": tag, "endonym": tag})
    author = User.objects.get(username="grace")
    release = Release.objects.create(compiled_by=author, compiled_at="2026-12-01T12:00:00Z", base_id=edition.number)
    for code in codes:
        rows = []
        for tag in TAGS[:locales]:
            made = [{**present[n % len(present)], "slug": f"tip-{n}", "order": n, "lang": tag} for n in range(tips)]
            body = canonical_json({**base, "country": code, "locale": tag, "v": 1, "tips": notices + made, "stamp": time.time()})
            rows.append(Pack(digest=digest(body), body=body.decode(), size=len(body)))
        Pack.objects.bulk_create(rows, batch_size=1)
        ReleasePack.objects.bulk_create(
            ReleasePack(release=release, country_id=code, locale_id=tag, pack=row)
            for tag, row in zip(TAGS[:locales], rows, strict=True)
        )
    return release


if __name__ == "__main__":
    *numbers, command = sys.argv[1:]
    if command == "write":
        with transaction.atomic():
            sys.stdout.write(f"{compose(*map(int, numbers)).number}\n")
    else:
        publish(Release.objects.get(pk=numbers[0]), by=User.objects.get(username="idris"), at=timezone.now())
        sys.stdout.write(f"{numbers[0]} {time.time()}\n")
