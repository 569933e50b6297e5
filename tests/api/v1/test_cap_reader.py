"""Our CAP documents, read by a reader that others wrote: cap-tools, whose classes are made from the standard's schema by xsdata.

Its `AlertState` is not used: it fails on a reference to an alert that it no longer holds.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from cap_tools.models import Alert, Info, Reference
from django.test import Client
from xsdata.formats.dataclass.parsers import XmlParser

from tests import make
from tests.api.v1.test_alerts import WELSH, opened

pytestmark = pytest.mark.django_db


def read_cap(api: Client, number: object) -> Alert:
    response = api.get(f"/v1/alerts/{number}/cap")
    assert response.status_code == 200
    return XmlParser().from_bytes(response.content, Alert)


def served(api: Client, number: object, locale: str | None, region: str = "") -> dict[str, Any]:
    return api.get(f"/v1/alerts/{number}", {"locale": str(locale), **({"region": region} if region else {})}).json()["alert"]


def codes(info: Info) -> list[tuple[str, str]]:
    return [(code.value_name.value, code.value.value) for area in info.areas for code in area.geocodes]


def when(value: Any) -> datetime:
    return value.to_datetime()


def test_another_reader_finds_in_our_cap_what_the_api_serves(api: Client) -> None:
    make.small_content()
    make.emergency("IE")
    make.service("ie-line", country="IE")
    make.release()
    english = make.definition()["messages"]["en"]
    in_wales = english | {"inner": {"title": "For parents in Wales", "body": "There is help in Wales."}}
    campaign = opened(
        messages={"en": english | {"variants": {"GB-WLS": in_wales}}, "cy": WELSH},
        audience={"countries": ["GB", "IE"], "audiences": ["parent"], "regions": "all"},
        services=["gb-line", "ie-line"],
        handouts=["for-home"],
    )

    alert = read_cap(api, campaign.pk)

    first = served(api, campaign.pk, "en")
    assert (alert.identifier.rpartition("/")[2], alert.status.value) == (first["id"], first["status"])
    assert (when(alert.sent), alert.msg_type.value, alert.references) == (datetime.fromisoformat(first["sent"]), "Alert", None)
    regions = [codes(info)[1:2] for info in alert.infos]
    assert [(info.language, place) for info, place in zip(alert.infos, regions, strict=True)] == [
        ("cy", [("ISO 3166-1", "IE")]), ("en", [("ISO 3166-1", "IE")]), ("en", [("ISO 3166-2", "GB-WLS")])
    ]  # fmt: skip
    for info, region in zip(alert.infos, ("", "", "GB-WLS"), strict=True):
        shown = served(api, campaign.pk, info.language, region)
        assert (info.headline, info.description, info.instruction) == (shown["title"], shown["body"], None)
        assert (info.severity.value, info.urgency.value, info.certainty.value) == (
            shown["severity"], shown["urgency"], shown["certainty"]
        )  # fmt: skip
        assert (when(info.effective), info.onset, when(info.expires)) == (
            datetime.fromisoformat(shown["opens"]), None, datetime.fromisoformat(shown["expires"])
        )  # fmt: skip
        assert info.audience == ", ".join(f"Label of {name}" for name in shown["audiences"])
        assert info.web is not None
        place = {"locale": str(info.language), **({"region": region} if region else {})}
        assert shown["title"] in api.get("/" + info.web.split("/", 3)[3], place).content.decode()
        wanted = [region[:2]] if region else shown["countries"]
        assert [value for name, value in codes(info) if name == "ISO 3166-1"] == wanted
        assert len(info.areas) == len(wanted)
        assert all(area.area_desc for area in info.areas)
        addresses = [str(resource.uri) for resource in info.resources]
        assert [one.rpartition("/")[2] for one in addresses[: len(shown["services"])]] == shown["services"]
        assert {resource.mime_type for resource in info.resources[len(shown["services"]) :]} == {"application/pdf"}
        for address in addresses:
            assert api.get("/" + address.split("/", 3)[3].removesuffix(".pdf")).status_code == 200, address


def test_another_reader_follows_an_update_and_a_cancel(api: Client) -> None:
    first = opened()
    update = opened(kind="update", references=first.pk)
    cancel = opened(kind="cancel", references=update.pk)
    documents = [read_cap(api, campaign.pk) for campaign in (first, update, cancel)]
    references = [Reference.from_alert(document) for document in documents]

    assert [document.msg_type.value for document in documents] == ["Alert", "Update", "Cancel"]
    # Each names all before it: a system that missed one in between must end the older ones as well.
    assert [document.references_to_list() for document in documents[1:]] == [references[:1], references[:2]]
