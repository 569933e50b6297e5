"""What this server needs from the system, as a check of Django (manage.py check --deploy)."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, register
from django.core.checks import Warning as Caution

from api.pages.handout_pdf import pdf_maker


@register("fingerpost", deploy=True)
def check_pdf_maker(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn if PDF files of handouts cannot be made."""
    if pdf_maker() is None:
        return [
            Caution(
                "Pango is missing: handouts are served as pages, and their PDF files are answered with 503.",
                hint="Install it from the system's packages, with Noto fonts: docker/Dockerfile lists them for Debian.",
                id="fingerpost.W008",
            )
        ]
    return []
