"""The campaigns of the demo, written as campaign staff would write them: the one that it sends, and the one that waits."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

#: Locale to outer title, outer body, inner title and inner body. The outer texts can be read on a lock screen by anyone, so they
#: do not mention the subject.
TEXTS = {
    "en": (
        "New advice in the app",
        "Take two minutes to read it.",
        "If someone threatens to share a private picture",
        "Do not pay, and stop answering. It is never the young person's fault. Open the advice for the first hour.",
    ),
    "cy": (
        "Cyngor newydd yn yr ap",
        "Cymerwch ddau funud i'w ddarllen.",
        "Os oes rhywun yn bygwth rhannu llun preifat",
        "Peidiwch â thalu, a pheidiwch ag ateb. Nid bai'r person ifanc yw hyn byth. Agorwch y cyngor ar gyfer yr awr gyntaf.",
    ),
    "es": (
        "Nuevos consejos en la aplicación",
        "Dedique dos minutos a leerlos.",
        "Si alguien amenaza con difundir una imagen privada",
        "No pague y deje de responder. Nunca es culpa de la persona joven. Abra los consejos para la primera hora.",
    ),
    "fr": (
        "De nouveaux conseils dans l'application",
        "Prenez deux minutes pour les lire.",
        "Si quelqu'un menace de diffuser une image privée",
        "Ne payez pas et cessez de répondre. Ce n'est jamais la faute du jeune. Ouvrez les conseils pour la première heure.",
    ),
}

#: The texts of the campaign that waits for its approval, in the three languages of the phones on the start page.
WAITING_TEXTS = {
    "en": (
        "News in the app",
        "Take two minutes to read it.",
        "If someone threatens to share a private picture",
        "Do not pay, and stop answering. It is never the young person's fault. Below is what to do first, and who helps.",
    ),
    "ar": (
        "جديد في التطبيق",
        "اقرأه في دقيقتين.",
        "إذا هدد شخص بنشر صورة خاصة",
        "لا تدفع، وتوقف عن الرد. لا ذنب للشاب في ذلك أبدا. ستجد أدناه ما يجب فعله أولا، ومن يساعدك.",
    ),
    "cy": (
        "Newydd yn yr ap",
        "Cymerwch ddau funud i'w ddarllen.",
        "Os oes rhywun yn bygwth rhannu llun preifat",
        "Peidiwch â thalu, a pheidiwch ag ateb. Nid bai'r person ifanc yw hyn byth. "
        "Isod mae beth i'w wneud yn gyntaf, a phwy sy'n helpu.",
    ),
}
#: The name of that campaign begins with this.
WAITING = "Someone asks for money"
_WAITING_SERVICES = ("gb-nspcc-helpline", "gb-childline")

#: A service for parents in each country of the sample devices and of `simulate_registrations`, and one for teenagers.
SERVICES = (
    *("bd-child-helpline-1098", "br-disque-100", "ci-child-helpline-116", "de-elterntelefon", "fr-3018", "gb-childline"),
    *(
        "gb-nspcc-helpline",
        "in-child-helpline-1098",
        "nz-netsafe",
        "ph-actionline-1343",
        "pk-nccia-1799",
        "us-ncmec-cybertipline",
    ),
)


def sample_campaign() -> str:
    """Return the file for `campaign create`: under a new name each time, and due at once at any hour of the day."""
    return _file("First-hour advice", "all", TEXTS, SERVICES, tip="first-hour")


def waiting_campaign() -> str:
    """Return the file of the campaign that a visitor of the start page approves: for parents in the United Kingdom."""
    return _file(WAITING, ["GB"], WAITING_TEXTS, _WAITING_SERVICES, tip="first-hour-parents")


def _file(
    name: str,
    countries: str | list[str],
    messages: Mapping[str, tuple[str, str, str, str]],
    services: Sequence[str],
    *,
    tip: str,
) -> str:
    now = datetime.now(UTC)
    document = {
        "name": f"{name} {now:%Y-%m-%d %H:%M:%S}",
        "kind": "alert",
        "apps": ["parent"],
        "audience": {"countries": countries, "regions": "all", "audiences": ["parent"], "locales": "all"},
        "messages": {
            locale: {"outer": {"title": texts[0], "body": texts[1]}, "inner": {"title": texts[2], "body": texts[3]}}
            for locale, texts in messages.items()
        },
        "services": list(services),
        "tips": {"parent": tip},
        "alert": {"severity": "Moderate", "urgency": "Expected", "certainty": "Likely", "status": "Actual"},
        "home": {"zone": "Europe/London", "locale": "en"},
        "schedule": {"at": "now"},
        "not_after": (now + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "quiet_hours": {"override": "A demo on this machine: no real phone can be reached."},
    }
    # JSON is valid YAML 1.2.
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
