"""Write the emergency numbers of the countries without an entry of their own, from the table in the library `phonenumbers`.

Run it after an update of the library or of `content/facts/reporting_tools.json`: `python -m tools.facts.emergency_numbers`.
The numbers become proposals, as all others do; the table does not say which service answers at a number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path
from typing import Any

import phonenumbers
import pycountry
from phonenumbers import PhoneMetadata

FACTS = Path(__file__).resolve().parents[2] / "content" / "facts"
FILE = FACTS / "emergency_numbers.json"
SOURCE = "https://github.com/google/libphonenumber/blob/master/resources/ShortNumberMetadata.xml"
#: Numbers that reach all emergency services in most countries that have them; they come first.
GENERAL = ("911", "999", "000", "112")
#: Longer numbers of the table are those of single companies and towns.
LONGEST = 5
#: Stands in a pattern for a block of numbers that are in use one by one, nobody says which.
_BLOCK = r"\d"
UNINHABITED = "Nobody lives there permanently."
#: Why a country has no number in the file.
REASONS = {
    "AQ": UNINHABITED,
    "BV": UNINHABITED,
    "GS": UNINHABITED,
    "HM": UNINHABITED,
    "TF": UNINHABITED,
    "UM": UNINHABITED,
}
NOT_IN_THE_TABLE = "The table of the library has no emergency number for it; a person has to find one."


def main() -> None:
    """Write the file."""
    FILE.write_text(json.dumps(document(datetime.now(UTC).date()), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def document(day: date) -> dict[str, Any]:
    """Return the contents of the file: numbers by country, best first, and the countries without one, each with the reason."""
    numbers, not_known = {}, {}
    for country in sorted(place.alpha_2 for place in pycountry.countries):
        if country in covered():
            continue
        if found := emergency_numbers(country):
            numbers[country] = found
        else:
            not_known[country] = REASONS.get(country, NOT_IN_THE_TABLE)
    return {
        "$schema": "../../docs/schemas/emergency-numbers.json",
        "source": SOURCE,
        "library": "phonenumbers",
        "version": phonenumbers.__version__,
        "read_on": day.isoformat(),
        "numbers": numbers,
        "not_known": not_known,
    }


def covered() -> frozenset[str]:
    """Return the countries that need no number: in the area of a worldwide one, or with an emergency number and a crisis line."""
    entries = json.loads((FACTS / "reporting_tools.json").read_text(encoding="utf-8"))["entries"]
    areas = json.loads((FACTS / "areas.json").read_text(encoding="utf-8"))
    emergency = [entry for entry in entries if "emergency" in entry["kinds"] and entry["channels"]]
    in_areas = {country for entry in emergency if entry["id"] in areas for country in areas[entry["id"]]["countries"]}
    # A country without a crisis line has no pack of its own, so its readers get the worldwide one.
    with_line = {
        entry["country"]
        for entry in entries
        if "helpline" in entry["kinds"]
        and "self-harm-risk" in entry["topics"]
        and any(channel["type"] in ("phone", "sms", "chat") for channel in entry["channels"])
    }
    return frozenset(in_areas | ({entry["country"] for entry in emergency} & with_line))


def emergency_numbers(country: str) -> list[str]:
    """Return the emergency numbers of the country in the library's table: the general ones first, then in ascending order."""
    metadata = PhoneMetadata.short_metadata_for_region(country)
    if metadata is None or metadata.emergency is None or not metadata.emergency.national_number_pattern:
        return []
    found = list(_matches(metadata.emergency.national_number_pattern, metadata.emergency.possible_length))
    return [number for number in GENERAL if number in found] + [number for number in found if number not in GENERAL]


def _matches(pattern: str, lengths: Collection[int]) -> Iterator[str]:
    """Yield every number of these lengths that the pattern names, shortest first."""
    wanted = re.compile(pattern.replace(_BLOCK, "x"))
    for length in sorted(length for length in lengths if 0 < length <= LONGEST):
        for digits in product("0123456789", repeat=length):
            if wanted.fullmatch(number := "".join(digits)):
                yield number


if __name__ == "__main__":
    main()
