"""The signed URLs sent outside: one per link, however often and however late somebody looks it up."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.core import signing

from content.models import CorrectionLink, Organization, ReadingLink, Unit
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def links() -> list[CorrectionLink | ReadingLink]:
    """One link of each kind, made at noon."""
    make.small_content()
    make.target("tip.first-hour.title", "ar", "توقف وتنفس")
    organization, lead = Organization.objects.get(), make.person("lena", "localisation-reviewer", locales=("en", "ar"))
    return [
        CorrectionLink.objects.issue(organization, by=make.person("asta", "assurer"), at=make.NOON),
        ReadingLink.objects.issue(
            locale="ar",
            units=[Unit.objects.get(key="tip.first-hour.title").pk],
            reader="A teacher",
            days=14,
            counts=False,
            by=lead,
            at=make.NOON,
        ),
    ]


@pytest.mark.parametrize("kind", [CorrectionLink, ReadingLink])
def test_a_link_has_one_token_at_any_time(
    links: list[CorrectionLink | ReadingLink], kind: type[CorrectionLink | ReadingLink], monkeypatch: pytest.MonkeyPatch
) -> None:
    link = next(one for one in links if isinstance(one, kind))
    tokens = set()
    for later in (timedelta(0), timedelta(seconds=1), timedelta(days=1)):
        monkeypatch.setattr(time, "time", (make.NOON + later).timestamp)
        tokens.add(link.token())
        tokens.add(type(link).objects.get(pk=link.pk).token())

    assert len(tokens) == 1
    assert kind.objects.from_token(tokens.pop(), at=make.NOON) == link


def test_links_sent_before_tokens_were_stable_still_open(links: list[CorrectionLink | ReadingLink]) -> None:
    for link in links:
        salt = "content.correction-link" if isinstance(link, CorrectionLink) else "content.reading-link"
        assert type(link).objects.from_token(signing.dumps(link.pk, salt=salt), at=make.NOON) == link
