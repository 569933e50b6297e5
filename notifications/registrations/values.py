"""The values that a registration may have, each in one canonical form. There is no free text."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import available_timezones

import langcodes
import pycountry

from core.errors import Invalid

#: A Firebase installation ID: 22 characters of URL-safe base64.
_FID = re.compile(r"[A-Za-z0-9_-]{22}")
#: A registration token: the installation ID it was made for, a colon, and URL-safe base64. Google documents no shape. The tokens
#: that its SDKs return have about 140 to 190 characters; the bounds leave room, and keep out text, markup and data URIs.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,64}:[A-Za-z0-9_-]{80,250}")
#: What a refused address should look like, by its kind.
_ADDRESS_FORMS = {
    "fid": "address must be a Firebase installation ID: 22 letters, digits, hyphens and underscores.",
    "token": "address must be an FCM registration token: an installation ID, a colon, and 80 to 250 letters, digits, hyphens "
    "and underscores.",
}
_subdivisions: Any = pycountry.subdivisions
#: The nations of the United Kingdom: an alert can always be for one of them alone, and a topic tells them apart.
NATIONS = ("GB-ENG", "GB-NIR", "GB-SCT", "GB-WLS")
# A version cannot carry free text: digits, and at most one of four words.
_VERSION = re.compile(r"\d{1,5}(\.\d{1,5}){0,3}(-(dev|alpha|beta|rc)(\.?\d{1,4})?)?(\+\d{1,9})?")


class InvalidValue(Invalid):
    """This value may not be stored."""

    code = "value"

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail, field=field)


def address(kind: str, value: str) -> str:
    """Return the address, or raise InvalidValue; the error never contains it."""
    shape = {"fid": _FID, "token": _TOKEN}.get(kind)
    if shape is None:
        raise InvalidValue("address_kind", "address_kind must be fid or token.")
    if not shape.fullmatch(value):
        raise InvalidValue("address", _ADDRESS_FORMS[kind])
    return value


def app_version(value: str) -> str:
    """Return the version (digits and dots, with a build number or a pre-release word), or raise InvalidValue."""
    if not _VERSION.fullmatch(value):
        raise InvalidValue("app_version", "app_version must be digits and dots, such as 1.2.0.")
    return value


def country(value: str) -> str:
    """Return an assigned ISO 3166-1 alpha-2 code, or raise InvalidValue."""
    if not re.fullmatch(r"[A-Z]{2}", value) or pycountry.countries.get(alpha_2=value) is None:
        raise InvalidValue("country", "country must be an assigned ISO 3166-1 code of two capital letters.")
    return value


def region(country: str, value: str | None) -> str:
    """Return an ISO 3166-2 code of that country, "" if not known, or raise InvalidValue."""
    if not value:
        return ""
    found = _subdivisions.get(code=value) if re.fullmatch(r"[A-Z]{2}-[A-Z0-9]{1,3}", value) else None
    if found is None or found.country_code != country:
        raise InvalidValue("region", f"region must be an ISO 3166-2 code of {country}, or null.")
    return value


def locale(value: str) -> str:
    """Return the canonical language[-Script][-REGION] of a well-formed BCP 47 tag, or raise InvalidValue.

    Extensions, variants and private use are dropped: they select no text, and could carry free text.
    """
    try:
        tag = langcodes.get(langcodes.standardize_tag(value)) if len(value) <= 100 else None
    except ValueError:
        tag = None
    if tag is None:
        raise InvalidValue("locale", "locale must be a well-formed BCP 47 tag.")
    kept = langcodes.Language.make(language=tag.language, script=tag.script, territory=tag.territory)
    # The language itself can be private use ("x-anything").
    return kept.to_tag() if kept.is_valid() and re.fullmatch(r"[a-z]{2,3}", kept.language or "") else "und"


def time_zone(country: str, value: str | None) -> str:
    """Return the current name of an IANA zone of the country, also for an old link; "" for anything else.

    A country with one zone has no other: a zone from elsewhere would set the phones of travellers apart, and a stranger could
    invent one segment for each zone of the world.
    """
    here = zones_of(country)
    if len(here) == 1:
        return here[0]
    name = current_zone(value)
    return name if name in here else ""


def zones_of(country: str) -> tuple[str, ...]:
    """Return the IANA zones of the country, in the order of the table of countries (zone.tab)."""
    return _zones()[1].get(country, ())


def current_zone(value: str | None) -> str:
    """Return the current name of an IANA zone anywhere, also for an old link; "" for anything else."""
    return _zones()[0].get((value or "").casefold(), "")


@cache
def _zones() -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Return every known name, in lower case, with the name that is stored; and the zones of each country."""
    data = files("tzdata").joinpath("zoneinfo")
    links: dict[str, str] = {}
    for line in data.joinpath("tzdata.zi").read_text("ascii").splitlines():
        if line.startswith("L "):
            _, target, link = line.split()
            links[link] = target
    table = [line.split("\t") for line in data.joinpath("zone.tab").read_text("ascii").splitlines() if line[0] != "#"]
    places = {row[2] for row in table}
    known = available_timezones() - {"localtime", "Factory"}
    # Names in the table of countries stay (Europe/Oslo), although their rules are those of another zone.
    names = {name.casefold(): name if name in places else links.get(name, name) for name in known}
    return names, {code: tuple(row[2] for row in table if row[0] == code) for code in {row[0] for row in table}}
