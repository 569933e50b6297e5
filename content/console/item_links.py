"""Links from what the gate finds to the page where it can be mended."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse

from content.terms import SOURCE_LOCALE


def mend_url(item: str, locale: str | None) -> str:
    """Return the page on which the item of a finding is mended, "" where there is none.

    Items are unit keys, `tip.<slug>`, service ids, <service id>/<position> and country codes.
    """
    try:
        return _url(item, locale)
    except NoReverseMatch:
        return ""


def _url(item: str, locale: str | None) -> str:
    group, _, rest = item.partition(".")
    if group == "tip" and rest and "." not in rest:
        return reverse("admin:tip", args=[rest])
    if rest:
        if locale is not None and locale != SOURCE_LOCALE:
            return reverse("admin:translation", args=[locale, item])
        return reverse("admin:source-text", args=[item])
    service, _, position = item.partition("/")
    if position:
        return reverse("admin:channel", args=[service, int(position)])
    if len(item) == 2 and item.isupper():
        return f"{reverse('admin:services')}?country={item}"
    return reverse("admin:service", args=[item])
