"""Alerts as CAP 1.2, validated against the standard's schema, and as Atom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from django.test import Client

from notifications.campaigns import lifecycle
from notifications.delivery import scheduler
from notifications.models import Campaign
from tests import make
from tests.api.v1.test_alerts import WELSH, opened

pytestmark = pytest.mark.django_db

XSD = ElementTree.parse(Path(__file__).parents[2] / "standards" / "cap-1.2" / "CAP-v1.2.xsd").getroot()
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
XS = "{http://www.w3.org/2001/XMLSchema}"
FRENCH = {
    "outer": {"title": "Nouveaux conseils dans l’application", "body": "Deux minutes suffisent pour les lire."},
    "inner": {"title": "Si quelqu’un fait du chantage", "body": "Ne payez pas."},
}
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def _world(db: None) -> None:
    make.world()


def faults(element: Element, declared: Element) -> Iterator[str]:
    """Yield how an element differs from its declaration in order, counts, enumerations and patterns."""
    name = str(declared.get("name"))
    sequence = declared.find(f"{XS}complexType/{XS}sequence")
    if sequence is None:
        text = element.text or ""
        if len(element):
            yield f"{name} holds elements"
        allowed = [e.get("value") for e in declared.iter(f"{XS}enumeration")]
        if allowed and text not in allowed:
            yield f"{name} is {text!r}, none of {allowed}"
        for pattern in declared.iter(f"{XS}pattern"):
            if not re.fullmatch(str(pattern.get("value")), text):
                yield f"{name} is {text!r}"
        if not text.strip():
            yield f"{name} is empty"
        return
    children = list(element)
    for part in sequence.findall(f"{XS}element"):
        child = part.get("name") or str(part.get("ref")).removeprefix("cap:")
        declaration = part if part.get("name") else XSD.find(f"{XS}element[@name='{child}']")
        assert declaration is not None
        found = 0
        while children and children[0].tag == f"{CAP}{child}":
            found += 1
            yield from faults(children.pop(0), declaration)
        most = part.get("maxOccurs", "1")
        if found < int(part.get("minOccurs", "1")) or (most != "unbounded" and found > int(most)):
            yield f"{name}/{child} stands {found} times"
    yield from (f"{name}/{left.tag} has no place here" for left in children)


def cap_of(api: Client, number: object) -> Element:
    response = api.get(f"/v1/alerts/{number}/cap")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/cap+xml"
    return ElementTree.fromstring(response.content)


def the_declaration() -> Element:
    found = XSD.find(f"{XS}element[@name='alert']")
    assert found is not None
    return found


def test_an_alert_in_two_languages_is_valid_cap(api: Client) -> None:
    campaign = opened(
        messages={**make.definition()["messages"], "cy": WELSH},
        audience={"countries": ["GB"], "audiences": ["parent"], "regions": ["GB-WLS"]},
    )

    document = cap_of(api, campaign.pk)

    assert document.tag == f"{CAP}alert"
    assert list(faults(document, the_declaration())) == []
    assert [e.text for e in document.findall(f"{CAP}info/{CAP}language")] == ["cy", "en"]
    assert [e.text for e in document.iter(f"{CAP}areaDesc")] == ["Y Deyrnas Unedig (Cymru)", "United Kingdom (Wales)"]
    assert {e.text for e in document.iter(f"{CAP}audience")} == {"parents"}
    assert document.findtext(f"{CAP}status") == "Actual"


def test_each_language_names_the_event_in_an_approved_translation_and_else_in_english(api: Client, settings: Any) -> None:
    make.unit("page.alert.event", "Online safety of young people", owner="page")
    make.target("page.alert.event", "cy", "Diogelwch pobl ifanc ar-lein", approved=True)
    make.target("page.alert.event", "fr", "Sécurité des jeunes en ligne")
    campaign = opened(messages={**make.definition()["messages"], "cy": WELSH, "fr": FRENCH})

    settings.SERVE_UNREVIEWED = False
    infos = cap_of(api, campaign.pk).findall(f"{CAP}info")

    assert {info.findtext(f"{CAP}language"): info.findtext(f"{CAP}event") for info in infos} == {
        "cy": "Diogelwch pobl ifanc ar-lein",
        "en": "Online safety of young people",
        "fr": "Online safety of young people",
    }


def test_the_validator_finds_faults(api: Client) -> None:
    document = cap_of(api, opened().pk)
    sent = document.find(f"{CAP}sent")
    assert sent is not None
    sent.text = "2026-12-01T12:00:00Z"
    document.remove(document[0])

    assert len(list(faults(document, the_declaration()))) == 2


def test_an_update_references_the_alert_it_updates(api: Client) -> None:
    first = opened()

    update = opened(kind="update", references=first.pk)

    document = cap_of(api, update.pk)
    assert list(faults(document, the_declaration())) == []
    assert document.findtext(f"{CAP}msgType") == "Update"
    sender, identifier, sent = (document.findtext(f"{CAP}references") or "").split(",")
    original = cap_of(api, first.pk)
    assert [original.findtext(f"{CAP}{name}") for name in ("sender", "identifier", "sent")] == [sender, identifier, sent]
    assert list(faults(original, the_declaration())) == []
    assert original.findtext(f"{CAP}note") == f"Superseded by {document.findtext(f'{CAP}identifier')}."
    assert document.find(f"{CAP}note") is None


def test_a_second_update_references_every_earlier_alert_of_its_thread(api: Client) -> None:
    first = opened()
    second = opened(kind="update", references=first.pk)
    third = opened(kind="update", references=first.pk)

    document = cap_of(api, third.pk)

    assert list(faults(document, the_declaration())) == []
    named = [reference.split(",")[1] for reference in (document.findtext(f"{CAP}references") or "").split()]
    assert named == [cap_of(api, one.pk).findtext(f"{CAP}identifier") for one in (first, second)]


def test_an_atom_entry_says_what_kind_of_alert_it_is(api: Client) -> None:
    first = opened()
    opened(kind="cancel", references=first.pk)

    entry = ElementTree.fromstring(api.get("/v1/alerts.atom?country=GB&locale=en").content).find(f"{ATOM}entry")

    assert entry is not None
    found = {str(one.get("scheme")).partition("#")[2]: one.get("term") for one in entry.findall(f"{ATOM}category")}
    assert found == {"kind": "cancel", "status": "Actual", "severity": "Moderate"}


def test_an_alert_outside_the_feed_has_no_document(api: Client) -> None:
    stopped = opened()
    draft = make.campaign(state="submitted")
    lifecycle.stop(stopped, by=make.campaign_staff()[1], at=datetime.now(UTC), reason="It was wrong.")

    assert api.get(f"/v1/alerts/{draft.pk}/cap").status_code == 404
    assert api.get(f"/v1/alerts/{stopped.pk}/cap").status_code == 410
    assert b"<entry" not in api.get("/v1/alerts.atom?country=GB").content


def test_an_alert_that_nobody_approved_before_its_end_has_no_document(api: Client) -> None:
    campaign = make.campaign(state="submitted")

    scheduler.tick(at=campaign.not_after)

    campaign.refresh_from_db()
    assert campaign.state == "expired"
    for place in (f"/v1/alerts/{campaign.pk}", f"/v1/alerts/{campaign.pk}/cap", f"/a/{campaign.pk}"):
        assert api.get(place).status_code == 404, place


def test_atom_has_the_same_alerts_as_the_feed(api: Client) -> None:
    campaign = opened()

    response = api.get("/v1/alerts.atom?country=GB&locale=en")

    feed = ElementTree.fromstring(response.content)
    alert = api.get("/v1/alerts?country=GB&locale=en").json()["alerts"][0]
    entry = feed.find(f"{ATOM}entry")
    assert entry is not None
    assert response["Content-Type"] == "application/atom+xml"
    found = [entry.findtext(f"{ATOM}{name}") for name in ("title", "summary", "updated")]
    assert found == [alert["title"], alert["body"], alert["opens"]]
    assert str(entry.findtext(f"{ATOM}id")).endswith(f"/v1/alerts/{campaign.pk}")
    assert feed.findtext(f"{ATOM}updated") == alert["opens"]


def test_an_atom_entry_keeps_its_id_when_a_correction_replaces_it(api: Client) -> None:
    first = opened()
    before = ElementTree.fromstring(api.get("/v1/alerts.atom?country=GB&locale=en").content)

    opened(kind="update", references=first.pk)

    after = ElementTree.fromstring(api.get("/v1/alerts.atom?country=GB&locale=en").content)
    ids = [[entry.findtext(f"{ATOM}id") for entry in document.findall(f"{ATOM}entry")] for document in (before, after)]
    assert ids[0] == ids[1]
    assert len(ids[0]) == 1
    assert [entry.findtext(f"{ATOM}updated") for entry in after.findall(f"{ATOM}entry")] == [after.findtext(f"{ATOM}updated")]


def test_an_earlier_alert_of_a_thread_names_the_newest(api: Client) -> None:
    first = opened()
    update = opened(kind="update", references=first.pk)

    listed = api.get("/v1/alerts?country=GB&locale=en").json()["alerts"]

    assert [(alert["id"], alert["superseded_by"]) for alert in listed] == [(str(update.pk), None)]
    assert api.get(f"/v1/alerts/{first.pk}?locale=en").json()["alert"]["superseded_by"] == str(update.pk)


def test_atom_and_cap_lead_to_the_public_page_and_to_the_help(api: Client) -> None:
    make.small_release()
    campaign = opened()

    entry = ElementTree.fromstring(api.get("/v1/alerts.atom?country=GB&locale=en").content).find(f"{ATOM}entry")
    document = cap_of(api, campaign.pk)

    assert entry is not None
    links = {(link.get("rel"), link.get("type")): str(link.get("href")) for link in entry.findall(f"{ATOM}link")}
    page = links["alternate", "text/html"]
    help_url = links["related", "application/json"]
    assert page.endswith(f"/a/{campaign.pk}")
    assert links["alternate", "application/json"].endswith(f"/v1/alerts/{campaign.pk}?country=GB")
    assert links["alternate", "application/cap+xml"].endswith(f"/v1/alerts/{campaign.pk}/cap?country=GB")
    assert list(faults(document, the_declaration())) == []
    info = document.find(f"{CAP}info")
    assert info is not None
    assert info.findtext(f"{CAP}web") == page
    assert "gb-line service" in str(info.findtext(f"{CAP}contact"))
    assert "0800 1111" in str(info.findtext(f"{CAP}contact"))
    resource = info.find(f"{CAP}resource")
    assert resource is not None
    assert resource.findtext(f"{CAP}uri") == help_url
    assert "0800 1111" in str(resource.findtext(f"{CAP}resourceDesc"))
    for url in (page, help_url, links["alternate", "application/json"], links["alternate", "application/cap+xml"]):
        assert api.get("/" + url.split("/", 3)[3]).status_code == 200, url


def test_atom_says_when_the_thread_was_published_and_when_its_entry_was_updated(api: Client) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    first = opened(at=now - timedelta(hours=2))
    opened(at=now - timedelta(hours=1), kind="update", references=first.pk)

    entry = ElementTree.fromstring(api.get("/v1/alerts.atom?country=GB&locale=en").content).find(f"{ATOM}entry")

    assert entry is not None
    published, updated = (datetime.fromisoformat(str(entry.findtext(f"{ATOM}{name}"))) for name in ("published", "updated"))
    assert (published, updated) == (now - timedelta(hours=2), now - timedelta(hours=1))


def test_documents_of_a_country_open_with_the_alert_there(api: Client) -> None:
    campaign = opened()
    Campaign.objects.filter(pk=campaign.pk).update(openings={"GB": "2099-01-01T00:00:00+00:00"})
    everywhere = f"/v1/alerts/{campaign.pk}"

    assert api.get(everywhere).status_code == api.get(f"{everywhere}/cap").status_code == 200
    assert api.get(f"{everywhere}?country=GB").status_code == api.get(f"{everywhere}/cap?country=GB").status_code == 404
    assert api.get(f"{everywhere}?country=XX").status_code == 404
    assert api.get("/v1/alerts?country=GB").json()["alerts"] == []
    assert b"<entry" not in api.get("/v1/alerts.atom?country=GB").content


@pytest.mark.usefixtures("as_served")
def test_without_a_country_nothing_answers_before_the_first_due_instant_of_all(api: Client) -> None:
    start = (datetime.now(UTC) + timedelta(minutes=4)).replace(microsecond=0)
    due = opened(schedule={"at": f"{start:%Y-%m-%dT%H:%M:%SZ}"}, audience={"countries": ["GB", "IE"], "audiences": ["parent"]})
    shown = opened(audience={"countries": ["GB", "IE"], "audiences": ["parent"]})
    Campaign.objects.filter(pk=shown.pk).update(openings={"IE": "2099-01-01T00:00:00+00:00"})

    def answers(campaign: Campaign) -> set[int]:
        places = (f"/v1/alerts/{campaign.pk}", f"/v1/alerts/{campaign.pk}/cap", f"/a/{campaign.pk}")
        return {api.get(place).status_code for place in places}

    assert answers(due) == {404}
    assert answers(shown) == {200}
    assert {api.get(f"{place}?locale=en").status_code for place in ("/v1/alerts", "/v1/alerts.atom")} == {400}


def test_an_empty_atom_feed_is_valid(api: Client) -> None:
    first, second = (api.get("/v1/alerts.atom?country=GB&locale=en") for _ in range(2))

    assert ElementTree.fromstring(first.content).tag == f"{ATOM}feed"
    assert first["ETag"] == second["ETag"]


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_a_client_that_does_not_accept_xml_gets_406(api: Client, accept: str) -> None:
    response: Any = api.get("/v1/alerts.atom?country=GB", headers={"accept": accept})

    assert response.status_code == 406
    assert response["Content-Type"] == "application/problem+json"
