"""The compilation of a release of many tips, locales and countries, twice, in processes that order their sets differently."""

from __future__ import annotations

from collections.abc import Iterator

from tools.bench.localisation import rows
from tools.bench.localisation.figures import Figure, at_most
from tools.bench.localisation.processes import run_command
from tools.bench.push import records

MAX_SECONDS = 60


def measure_compile(*, tips: int, locales: int, countries: int) -> Iterator[Figure]:
    """Compile all packs by the rules of production, and compile them once more."""
    from django.db.models import Sum

    from content.models import Pack, Release

    rows.fill(tips=tips, locales=locales, countries=countries)
    records.user("publisher", "publisher")
    digests = []
    for what, seed in (("first", "1"), ("again", "2")):
        ran = run_command("release", "compile", "--by", "publisher", SERVE_UNREVIEWED="0", PYTHONHASHSEED=seed)
        release = Release.objects.latest("number")
        digests.append(release.pack_digests())
        yield at_most(f"compile, {what}, with the start of the command", ran.seconds, MAX_SECONDS, unit="s")
        used = f"{ran.processor_seconds:.1f} s, {ran.peak_megabytes:,} MB"
        yield Figure("of which processor time of the application; its peak memory", used)
    places = {country for country, _ in digests[0]}
    packs = Pack.objects.aggregate(size=Sum("size"))["size"] or 0
    blocked = len(release.report["blocked"])
    reasons = ", ".join(sorted({finding["code"] for finding in release.report["findings"] if finding["blocks"]}))
    yield Figure("countries, locales and packs", f"{len(places)}, {locales}, {len(digests[0])} of {packs / 10**6:,.0f} MB")
    yield Figure(f"packs that the gate keeps back{f' ({reasons})' if reasons else ''}", f"{blocked}", "0", not blocked)
    same = digests[0] == digests[1] and len(digests[0]) == len(places) * locales
    yield Figure(
        "packs with the same bytes both times", f"{sum(digests[1].get(k) == v for k, v in digests[0].items())}", "", same
    )
