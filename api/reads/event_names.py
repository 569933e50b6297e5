"""What alerts are about, in the languages in which that is approved: the `event` of CAP."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Q

from content.importing.page_texts_file import OWNER, shipped_english
from content.models import Target, Unit
from content.terms import SOURCE_LOCALE

_PAGE, _NAME = "alert", "event"


def event_names() -> dict[str, str]:
    """Return the name of the event by locale, always with English.

    A translation counts where it is approved for a source that still says the same; where drafts are served (SERVE_UNREVIEWED),
    a draft counts.
    """
    drafts = settings.SERVE_UNREVIEWED
    names = {SOURCE_LOCALE: shipped_english(_PAGE)[_NAME]}
    unit = Unit.objects.filter(owner=OWNER, key=f"{OWNER}.{_PAGE}.{_NAME}").first()
    if unit is None:
        return names
    names[SOURCE_LOCALE] = (unit.text if drafts else unit.approved_text) or names[SOURCE_LOCALE]
    written = Q() if drafts else ~Q(approved_text="")
    for target in Target.objects.filter(written, unit=unit).exclude(text="").order_by("locale_id"):
        if drafts or target.approved_source_revision not in unit.withdrawn_revisions:
            names[target.locale_id] = target.text if drafts else target.approved_text
    return names
