"""Keep what a person has sent when it cannot be accepted yet: after a new sign-in, or a second try, it is sent again.

The fields travel as hidden inputs of the pages in between. Nothing is stored, because without a session nobody is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse

#: The beginning of the names under which fields travel through the sign-in form.
_PREFIX = "kept."
#: Values shorter than this are ids, choices and the like, which the page does not show.
_SHOWN_LENGTH = 12


@dataclass(frozen=True)
class KeptField:
    """One field of a form that was sent."""

    name: str
    value: str

    @property
    def carried_name(self) -> str:
        """The field's name inside the sign-in form."""
        return _PREFIX + self.name

    @property
    def is_text(self) -> bool:
        """Whether the value is something that a person typed, and may want to see."""
        return len(self.value) >= _SHOWN_LENGTH or " " in self.value.strip()


def sent_fields(request: HttpRequest) -> list[KeptField]:
    """Return the fields of a form, without its CSRF token and without passwords."""
    return [
        KeptField(name, value)
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken" and "password" not in name and not name.startswith(_PREFIX)
        for value in values
        if isinstance(value, str)
    ]


def carried_fields(data: QueryDict) -> list[KeptField]:
    """Return the fields that the sign-in form carries."""
    return [
        KeptField(name.removeprefix(_PREFIX), value)
        for name, values in data.lists()
        if name.startswith(_PREFIX)
        for value in values
        if isinstance(value, str)
    ]


def comes_from_here(request: HttpRequest) -> bool:
    """Return whether the browser says that a page of this server sent the form, so that its fields may be shown again.

    Another site could otherwise put its own values in front of a person, one press of a button away from being sent. Browsers
    set both headers themselves: https://fetch.spec.whatwg.org/#origin-header, https://www.w3.org/TR/fetch-metadata/.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"


def send_again_page(
    request: HttpRequest,
    *,
    url: str,
    fields: Iterable[KeptField],
    title: str,
    detail: str,
    status: int = HTTPStatus.OK,
    context: dict[str, object] | None = None,
) -> HttpResponse:
    """Return a page that shows what was typed, with a button that sends the form to `url` again."""
    found = list(fields)
    values = {
        "title": title,
        "detail": detail,
        "url": url,
        "fields": found,
        "texts": [field.value for field in found if field.is_text],
    }
    return TemplateResponse(request, "core/send_again.html", {**(context or {}), **values}, status=status)
