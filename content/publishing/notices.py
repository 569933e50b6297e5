"""Short-term notices as they stand in a pack, when it is compiled and when one comes or goes afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from content.compiling.facts import NoticeFact
from content.compiling.service_notices import notice_values
from content.resolver.types import PackContent
from core.canonical import canonical_json


def with_notices(body: str, notices: Mapping[str, Iterable[NoticeFact]]) -> str:
    """Return the pack's bytes with these notices (by service) in place of those that it had, and nothing else changed."""
    pack: PackContent = json.loads(body)
    words = pack["labels"].get("notices", {})
    changed = False
    for service in pack["services"]:
        now = notice_values(
            notices.get(service["id"], ()),
            roles=service["roles"],
            positions={channel["position"] for channel in service["channels"]},
            has_words=words.__contains__,
        )
        if service.get("notices", []) != now:
            service["notices"], changed = now, True
    return canonical_json(pack).decode() if changed else body
