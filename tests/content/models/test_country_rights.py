"""People who work for some countries write, approve and check what those countries read, and nothing of other countries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from content.assurance.record import record_assurance
from content.importing.facts import load_facts
from content.importing.figures import FigureEntry, propose_figure
from content.importing.translation_texts import OTHER_COUNTRY, read_effect
from content.importing.words import load_words
from content.models import (
    Assurance,
    Channel,
    ChannelRevision,
    CorrectionLink,
    Figure,
    Organization,
    OrganizationRevision,
    Service,
    ServiceNotice,
    ServiceRevision,
    Target,
    TextSuggestion,
    Tip,
    TipRevision,
    Unit,
)
from content.models.assurance import Method
from content.models.channel_revision import Act
from content.models.rights import NotYourCountry, service_area, text_areas
from content.publishing.notices import approve_notice, end_notice
from content.translation_files.file_text import FileText, TranslationFile
from core.models import User
from tests import make
from tests.make import NOON

pytestmark = pytest.mark.django_db

CHANNEL: dict[str, object] = {
    "type": "phone",
    "number_type": "e164",
    "dial": "0808 800 5000",
    "address": "+448088005000",
    "hours": "24/7",
    "cost": "free",
}
EVERY_RIGHT = ("localisation-editor", "localisation-reviewer", "assurer")
Act_ = Callable[[User], object]


def limited(name: str, *countries: str) -> User:
    """Make a person with every right about content, in these countries."""
    User.objects.filter(pk=make.person(name, *EVERY_RIGHT).pk).update(content_countries=list(countries))
    return User.objects.get(username=name)


@pytest.fixture
def finn() -> User:
    """Works for France. The content is that of Great Britain, and a worldwide service."""
    make.small_content()
    make.tip("home", countries=["GB"])
    make.target("tip.home.title", "cy", "Adref")
    make.target("service.gb-line.purpose", "cy", "Siaradwch.")
    return limited("finn", "FR")


def figure(country: str = "GB") -> Figure:
    values: dict[str, Any] = {"slug": "calls", "value": 7, "unit": "number", "qualifier": "exact", "counted_by": "IWF"}
    values |= {"period_from": "2024-01-01", "period_until": "2024-12-31", "source": "A report", "read_on": "2025-01-01"}
    return Figure.objects.create(country_id=country, proposed_by=User.objects.system(), proposed_at=NOON, **values)


def french_figure(by: User) -> Figure:
    """Propose a figure of France with the slug of the other."""
    value: dict[str, Any] = {"id": "calls", "value": 8, "unit": "number", "qualifier": "exact", "counts": "calls"}
    value |= {"counted_by": "A line", "country": "FR", "period": {"first": "2024-01-01", "last": "2024-12-31"}}
    entry = FigureEntry.model_validate(value | {"source": "A report", "read_on": "2025-01-01"})
    return propose_figure(entry, is_new=False, by=by, at=NOON)


def line() -> Service:
    return Service.objects.get(pk="gb-line")


def of_channel() -> ChannelRevision:
    by = User.objects.system()
    return ChannelRevision.objects.propose(service_id="gb-line", position=1, act=Act.CHANGE, by=by, at=NOON, facts=CHANNEL)


def of_service() -> ServiceRevision:
    facts = {"zone": "Europe/London"}
    return ServiceRevision.objects.propose(service=line(), facts=facts, by=User.objects.system(), at=NOON)


def of_organization() -> OrganizationRevision:
    by = User.objects.system()
    return OrganizationRevision.objects.propose(organization=Organization.objects.get(), name="Another", by=by, at=NOON)


def of_tip() -> TipRevision:
    facts = TipRevision.objects.filter(slug="home")[0].facts() | {"order": 7}
    return TipRevision.objects.propose(slug="home", facts=facts, by=User.objects.system(), at=NOON)


def of_notice() -> ServiceNotice:
    return make.notice(approved=False)


def channel() -> Channel:
    return Channel.objects.select_related("service").get(service="gb-line")


def title() -> Unit:
    return Unit.objects.get(key="tip.home.title")


def translated(key: str = "tip.home.title") -> Target:
    return Target.objects.of(Unit.objects.get(key=key), "cy")


def suggestion() -> TextSuggestion:
    return TextSuggestion.objects.suggest(
        unit=title(), locale="cy", text="Gartref", by=make.person("sian", *EVERY_RIGHT), at=NOON, from_revision=1
    )


_NOTICE: dict[str, Any] = {"kind": "closed", "from_at": NOON, "until_at": NOON + timedelta(hours=2), "source": "https://e.org"}
#: What the person is refused, by name.
REFUSED: Mapping[str, Act_] = {
    "propose facts of a service": lambda by: ServiceRevision.objects.propose(
        service=line(), facts={"zone": "Europe/London"}, by=by, at=NOON
    ),
    "approve facts of a service": lambda by: of_service().approve(by=by, at=NOON),
    "reject facts of a service": lambda by: of_service().withdraw(by=by, at=NOON),
    "propose a number": lambda by: ChannelRevision.objects.propose(
        service_id="gb-line", position=1, act=Act.CHANGE, by=by, at=NOON, facts=CHANNEL
    ),
    "approve a number": lambda by: of_channel().approve(by=by, at=NOON),
    "reject a number": lambda by: of_channel().withdraw(by=by, at=NOON),
    "write notes": lambda by: line().write_notes("Closed on Sundays?", by=by, at=NOON),
    "check a channel": lambda by: record_assurance(channel(), by=by, at=NOON, method=Method.RUNG),
    "propose a notice": lambda by: ServiceNotice.objects.propose(service_id="gb-line", by=by, at=NOON, **_NOTICE),
    "approve a notice": lambda by: approve_notice(of_notice(), by=by, at=NOON),
    "reject a notice": lambda by: of_notice().withdraw(by=by, at=NOON),
    "end a notice": lambda by: end_notice(make.notice(), by=by, at=NOON),
    "propose a name": lambda by: OrganizationRevision.objects.propose(
        organization=Organization.objects.get(), name="Another", by=by, at=NOON
    ),
    "approve a name": lambda by: of_organization().approve(by=by, at=NOON),
    "create a correction link": lambda by: CorrectionLink.objects.issue(Organization.objects.get(), by=by, at=NOON),
    "approve a figure": lambda by: figure().approve(by=by, at=NOON),
    "reject a figure": lambda by: figure().withdraw(by=by, at=NOON),
    "propose a change of a tip": lambda by: TipRevision.objects.propose(
        slug="home", facts=TipRevision.objects.filter(slug="home")[0].facts() | {"order": 7}, by=by, at=NOON
    ),
    "approve a change of a tip": lambda by: of_tip().approve(by=by, at=NOON),
    "write a source": lambda by: Unit.objects.write(
        key="service.gb-line.note", owner="service:gb-line", text="x", by=by, at=NOON
    ),
    "revise a source": lambda by: title().revise(text="Home now", change="clarity", by=by, at=NOON, from_revision=1),
    "approve a source": lambda by: title().approve(by=by, at=NOON),
    "translate": lambda by: translated().write(text="Gartref", by=by, at=NOON, from_revision=1),
    "translate a text of a service": lambda by: translated("service.gb-line.purpose").write(
        text="Siaradwch â ni.", by=by, at=NOON, from_revision=1
    ),
    "propose to remove a translation": lambda by: translated().propose_removal(by=by, at=NOON, from_revision=1),
    "approve a translation": lambda by: translated().approve(by=by, at=NOON),
    "suggest": lambda by: TextSuggestion.objects.suggest(
        unit=title(), locale="cy", text="Gartref", by=by, at=NOON, from_revision=1
    ),
    "accept a suggestion": lambda by: suggestion().accept(by=by, at=NOON),
    "load files of facts": lambda by: load_facts(b"{}", by=by, at=NOON),
    "load files of texts": lambda by: load_words(by=by, at=NOON),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_person_for_another_country_is_refused(finn: User, name: str) -> None:
    with pytest.raises(NotYourCountry):
        REFUSED[name](finn)


def test_a_person_for_the_country_works_on_it(finn: User) -> None:
    own, second = limited("gwen", "GB", "IE"), limited("huw", "GB")

    revision = ChannelRevision.objects.propose(service_id="gb-line", position=1, act=Act.CHANGE, by=own, at=NOON, facts=CHANNEL)
    revision.approve(by=second, at=NOON)
    record_assurance(channel(), by=own, at=NOON, method=Method.RUNG)
    ServiceRevision.objects.propose(service=line(), facts={"zone": "Europe/London"}, by=own, at=NOON).approve(by=second, at=NOON)
    translated().write(text="Gartref", by=own, at=NOON, from_revision=1)
    title().approve(by=second, at=NOON)
    translated().approve(by=second, at=NOON)

    assert channel().dial == "0808 800 5000"
    assert translated().approved_text == "Gartref"


def test_texts_for_every_country_need_the_language_alone_and_worldwide_facts_every_country(finn: User) -> None:
    make.target("tip.first-hour.title", "cy", "Arhoswch")

    translated("tip.first-hour.title").write(text="Stopiwch", by=finn, at=NOON, from_revision=1)
    with pytest.raises(NotYourCountry, match="Every country"):
        ServiceRevision.objects.propose(
            service=Service.objects.get(pk="zz-line"), facts={"zone": "Europe/London"}, by=finn, at=NOON
        )

    assert translated("tip.first-hour.title").text == "Stopiwch"


def test_a_service_moves_only_by_people_for_both_countries(finn: User) -> None:
    with pytest.raises(NotYourCountry, match="France"):
        ServiceRevision.objects.propose(service=line(), facts={"country_id": "FR"}, by=limited("gwen", "GB"), at=NOON)


#: Changes of a tip of every country, and of one of France that would become one of every country.
FOR_EVERY_COUNTRY: Mapping[str, tuple[str, dict[str, object]]] = {
    "countries": ("first-hour", {"countries": ["FR"]}),
    "retire": ("first-hour", {"tip_state": "retired"}),
    "audiences": ("first-hour", {"audiences": ["parent"]}),
    "ages": ("first-hour", {"min_age": 13, "age_measured": "now"}),
    "situations": ("first-hour", {"situations": ["grooming"]}),
    "order": ("first-hour", {"order": 7}),
    "wider": ("ici", {"countries": []}),
}


@pytest.mark.parametrize("name", FOR_EVERY_COUNTRY)
def test_a_person_with_some_countries_proposes_what_a_tip_shows_to_all_and_another_approves(finn: User, name: str) -> None:
    make.tip("ici", countries=["FR"])
    slug, changed = FOR_EVERY_COUNTRY[name]
    facts = Tip.objects.get(pk=slug).facts() | changed
    second = limited("fleur", "FR")

    revision = TipRevision.objects.propose(slug=slug, facts=facts, by=finn, at=NOON)
    for decide in (revision.approve, revision.withdraw):
        with pytest.raises(NotYourCountry, match="Every country"):
            decide(by=second, at=NOON)
    with pytest.raises(DatabaseError, match="other countries"), transaction.atomic():
        TipRevision.objects.filter(pk=revision.pk).update(state="approved", approved_by=second, approved_at=NOON)
    revision.approve(by=make.checker(), at=NOON)

    assert Tip.objects.get(pk=slug).facts() == revision.facts()


def test_a_new_tip_for_every_country_is_approved_by_a_person_for_every_country(finn: User) -> None:
    facts = Tip.objects.get(pk="first-hour").facts() | {"do_now": [], "do_not": [], "more": False}
    revision = TipRevision.objects.propose(slug="new", facts=facts, by=finn, at=NOON)

    with pytest.raises(NotYourCountry, match="Every country"):
        revision.approve(by=limited("fleur", "FR"), at=NOON)


def test_a_tip_of_some_countries_is_for_their_people_alone(finn: User) -> None:
    make.tip("ici", countries=["FR"])
    wider = Tip.objects.get(pk="ici").facts() | {"countries": ["FR", "IE"]}
    with pytest.raises(NotYourCountry, match="Ireland"):
        TipRevision.objects.propose(slug="ici", facts=wider, by=finn, at=NOON)


def test_a_person_for_the_only_country_of_a_tip_retires_it(finn: User) -> None:
    make.tip("ici", countries=["FR"])
    second = limited("fleur", "FR")

    facts = Tip.objects.get(pk="ici").facts() | {"tip_state": "retired"}
    TipRevision.objects.propose(slug="ici", facts=facts, by=finn, at=NOON).approve(by=second, at=NOON)

    assert Tip.objects.get(pk="ici").state == "retired"


def test_the_pages_of_a_proposal_say_who_may_approve_it(client: Client, finn: User) -> None:
    facts = Tip.objects.get(pk="first-hour").facts() | {"order": 7}
    revision = TipRevision.objects.propose(slug="first-hour", facts=facts, by=finn, at=NOON)
    client.force_login(limited("fleur", "FR"))
    pages = (reverse("admin:tip-change", args=[revision.pk]), reverse("admin:tip-approve", args=["first-hour"]))

    alone, together = (client.get(page).content.decode() for page in pages)
    client.force_login(make.checker())
    alone_of_all, together_of_all = (client.get(page).content.decode() for page in pages)

    for shown in (alone, together):
        assert "Every country gets this, and the account of fleur lists only some countries." in shown
        assert " whose account lists every country that reads this must approve it." in shown
    assert ('value="approve"' in alone, 'value="approve"' in alone_of_all) == (False, True)
    # The texts of the tip can be ticked by both.
    assert together_of_all.count('name="read"') == together.count('name="read"') + 1


def test_the_database_takes_approvals_and_checks_of_own_countries_alone(finn: User) -> None:
    for revision in (of_channel(), of_service()):
        approved = {"state": "approved", "approved_by": finn, "approved_at": NOON}
        with pytest.raises(DatabaseError, match="other countries"), transaction.atomic():
            type(revision).objects.filter(pk=revision.pk).update(**approved)
    check = {"revision_id": channel().revision_id, "at": NOON, "method": "rung", "until": NOON.date()}
    with pytest.raises(DatabaseError, match="other countries"), transaction.atomic():
        Assurance.objects.create(by=finn, **check)

    User.objects.filter(pk=finn.pk).update(content_countries=["FR", "GB"])
    assert Assurance.objects.create(by=finn, **check).pk


def test_who_lost_a_country_a_moment_ago_is_told_so(finn: User) -> None:
    fleur = limited("fleur", "*")
    User.objects.filter(pk=fleur.pk).update(content_countries=["FR"])
    sentence = "The account of fleur does not list every country that reads this"

    for revision in (of_tip(), of_channel(), of_service()):
        with pytest.raises(NotYourCountry, match=sentence):
            revision.approve(by=fleur, at=NOON)
    with pytest.raises(NotYourCountry, match=sentence), transaction.atomic():
        record_assurance(channel(), by=fleur, at=NOON, method=Method.RUNG)


@pytest.mark.parametrize("country", ["GB", "ZZ"])
@pytest.mark.parametrize("withdrawn", [False, True])
def test_a_figure_is_replaced_only_by_people_for_its_country_too(finn: User, country: str, withdrawn: bool) -> None:
    older = figure(country)
    older.approve(by=make.checker(), at=NOON)
    if withdrawn:
        older.withdraw(by=make.checker(), at=NOON)
    everywhere = limited("emma", "*")

    with pytest.raises(NotYourCountry):
        french_figure(finn)
    proposed = french_figure(everywhere)
    with pytest.raises(NotYourCountry):
        proposed.approve(by=finn, at=NOON)
    proposed.approve(by=make.checker(), at=NOON)

    assert proposed.state == "approved"
    assert Figure.objects.last_approved("calls") == proposed


def test_the_texts_of_a_figure_are_for_the_readers_of_the_approved_one(finn: User) -> None:
    proposed = figure("FR")
    assert text_areas(["figure:calls"]) == {"figure:calls": {"FR"}}
    proposed.withdraw(by=proposed.proposed_by, at=NOON)

    for country, area in (("GB", {"figure:calls": {"GB"}}), ("ZZ", {})):
        figure(country).approve(by=make.checker(), at=NOON)
        later = figure("FR")
        assert text_areas(["figure:calls"]) == area
        later.withdraw(by=later.proposed_by, at=NOON)
        assert text_areas(["figure:calls"]) == area


def test_the_area_of_texts(finn: User) -> None:
    figure()
    make.service_facts("zz-line", area=["GB", "IE"])
    owners = ["tip:home", "tip:first-hour", "service:gb-line", "service:zz-line", "figure:calls", "term", "tip:unknown"]

    assert text_areas(owners) == {
        "tip:home": {"GB"},
        "service:gb-line": {"GB"},
        "service:zz-line": {"GB", "IE"},
        "figure:calls": {"GB"},
    }
    assert [service_area("ZZ", None), service_area("ZZ", []), service_area("GB", None)] == [None, None, frozenset({"GB"})]


def test_an_import_refuses_the_texts_of_other_countries_line_by_line(finn: User) -> None:
    texts = (FileText("tip.home.title", "", "Testun", line=1), FileText("tip.first-hour.title", "", "Testun", line=2))

    effect = read_effect(TranslationFile("cy", "en", texts), locale="cy", by=finn)

    reasons = {text.key: text.reason for text in effect.texts}
    assert reasons["tip.home.title"] == OTHER_COUNTRY
    assert reasons["tip.first-hour.title"] != OTHER_COUNTRY


def test_pages_say_why_a_text_can_only_be_read(client: Client, finn: User) -> None:
    client.force_login(finn)
    pages = (reverse("admin:translation", args=["cy", "tip.home.title"]), reverse("admin:tip-translation", args=["home", "cy"]))

    for page in pages:
        shown = client.get(page).content.decode()
        assert "Your account does not list the countries that read this." in shown
        assert "<textarea" not in shown
    form = {"action": "save", "text": "Gartref", "revision": "1", "source_revision": "1"}
    refused = client.post(pages[0], form)
    assert refused.status_code == 403
    assert "does not list the country" in refused.content.decode()
    assert translated().text == "Adref"
