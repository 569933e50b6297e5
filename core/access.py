"""Who may do what: every route, the people who may open it, and the roles that may carry out each of its acts.

The pages state the permissions that they need (`core.console.pages.Page`), and `core.roles.ROLES` says which role has which
permission. This table says by role what should come of both. `tests/guards/test_access.py` sends every method to every route as
every kind of person and compares each response with the table, and `manage.py roles` writes docs/roles.md from it. A route that
is not in the table fails that test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from core.roles import ROLES

AUTHOR: Final = "campaign-author"
APPROVER: Final = "campaign-approver"
EDITOR: Final = "localisation-editor"
REVIEWER: Final = "localisation-reviewer"
PUBLISHER: Final = "publisher"
ASSURER: Final = "assurer"
ADMINISTRATOR: Final = "administrator"
AUDITOR: Final = "auditor"
LEAD: Final = "localisation-lead"
#: Everybody who has a role.
ANY_ROLE: Final = tuple(ROLES)


@dataclass(frozen=True)
class PageAct:
    """One act of a page: the roles of which a person needs one, and whether it needs a fresh sign-in."""

    roles: tuple[str, ...]
    fresh: bool = False


@dataclass(frozen=True)
class Access:
    """One page of the console: the roles of which a person needs one to open it, and its acts by name."""

    opens: tuple[str, ...] = ANY_ROLE
    acts: Mapping[str, PageAct] = field(default_factory=dict)
    #: Whether the page is about the person's own account: it opens for staff without a role, who do all of its acts.
    own: bool = False
    #: Whether the page opens in a session without a second factor.
    without_factor: bool = False


def _acts(names: str, *roles: str) -> dict[str, PageAct]:
    return {name: PageAct(roles) for name in names.split()}


def _fresh(names: str, *roles: str) -> dict[str, PageAct]:
    return {name: PageAct(roles, fresh=True) for name in names.split()}


_READ: Final = Access()
#: Who reads campaigns before they are sent: all but those who only translate and review texts, or hand out those rights.
_CAMPAIGN_READERS: Final = tuple(role for role in ROLES if role not in (EDITOR, REVIEWER, LEAD))
_READ_CAMPAIGNS: Final = Access(_CAMPAIGN_READERS)
_DRAFT: Final = Access((AUTHOR,), _acts("save discard", AUTHOR))
_TEXT: Final = Access((AUTHOR,), _acts("save discard insert", AUTHOR))
_FACTS_CHANGE: Final = Access(acts=_fresh("approve", ASSURER) | _acts("reject", ASSURER) | _acts("withdraw", EDITOR, ASSURER))

#: Pages of the console by the name of their route.
CONSOLE: Final[Mapping[str, Access]] = {
    # One's own account. Its acts change nothing of others.
    "my-settings": Access(own=True, acts=_acts("save")),
    "factors": Access(own=True, acts=_fresh("add-app remove-app add-key remove-key new-codes"), without_factor=True),
    "confirm": Access(own=True, without_factor=True),
    # People and the audit log.
    "people": Access(acts=_fresh("approve", ADMINISTRATOR, LEAD) | _acts("withdraw", ADMINISTRATOR, LEAD)),
    "person-invite": Access((ADMINISTRATOR,), _fresh("propose", ADMINISTRATOR)),
    "person": Access((ADMINISTRATOR,), _fresh("change reset reopen", ADMINISTRATOR) | _acts("close", ADMINISTRATOR)),
    "person-rights": Access((LEAD,), _fresh("hand-out", LEAD) | _acts("withdraw", LEAD)),
    "audit": Access((ADMINISTRATOR, AUDITOR)),
    # Apps: push modes and legal bases.
    "apps": Access(acts=_fresh("approve", ADMINISTRATOR) | _acts("reject withdraw", ADMINISTRATOR)),
    "app": Access((ADMINISTRATOR,), _fresh("propose", ADMINISTRATOR)),
    # Campaigns: all but editors and reviewers of texts read them, authors write, and approvers decide. Editors get the request to
    # translate a text, and reviewers its second reading.
    "campaigns": Access(_CAMPAIGN_READERS, acts=_fresh("release-everything", APPROVER)),
    "campaign": Access(
        _CAMPAIGN_READERS,
        acts=_acts("return", AUTHOR, APPROVER)
        | _acts("reject", APPROVER)
        | _acts("pause", AUTHOR, APPROVER)
        | _fresh("resume", AUTHOR, APPROVER),
    ),
    "campaign-new": Access((AUTHOR,), _acts("start", AUTHOR)),
    "campaign-edit": Access((AUTHOR,)),
    "campaign-purpose": _DRAFT,
    "campaign-who": _DRAFT,
    "campaign-help": _DRAFT,
    "campaign-when": _DRAFT,
    "campaign-phones": _READ_CAMPAIGNS,
    "campaign-words": Access((AUTHOR,), _acts("save discard add add-variant remove", AUTHOR)),
    "campaign-text": _TEXT,
    "campaign-text-for": _TEXT,
    "campaign-autosave": Access((AUTHOR,), _acts("keep", AUTHOR)),
    "campaign-check": Access((AUTHOR,), _acts("answer submit", AUTHOR)),
    "campaign-correct": Access((AUTHOR,), _acts("submit-correction", AUTHOR)),
    "campaign-delete": Access((AUTHOR,), _acts("delete", AUTHOR)),
    "campaign-approve": Access((APPROVER,), _fresh("approve", APPROVER) | _acts("return", APPROVER)),
    "campaign-read": Access(
        (*_CAMPAIGN_READERS, REVIEWER), acts=_fresh("confirm", REVIEWER, APPROVER) | _acts("return", REVIEWER, APPROVER)
    ),
    "campaign-translators": Access((AUTHOR,), _acts("ask withdraw remove", AUTHOR)),
    "campaign-translate": Access((EDITOR,), _acts("save hand-in keep discard", EDITOR)),
    "campaign-test": Access(_CAMPAIGN_READERS, acts=_acts("test-send", AUTHOR, APPROVER)),
    "test-phones": Access(acts=_acts("pair remove", AUTHOR, APPROVER)),
    "campaign-live": Access(_CAMPAIGN_READERS, acts=_acts("pause", AUTHOR, APPROVER) | _fresh("resume", AUTHOR, APPROVER)),
    "campaign-stop": Access((AUTHOR, APPROVER), _acts("stop", AUTHOR, APPROVER)),
    "programmes": Access(_CAMPAIGN_READERS, acts=_acts("create", AUTHOR)),
    "programme": Access(_CAMPAIGN_READERS, acts=_acts("rename add remove submit delete", AUTHOR)),
    "programme-approve": Access((APPROVER,), _fresh("approve", APPROVER) | _acts("return", APPROVER)),
    "programme-stop": Access((AUTHOR, APPROVER), _acts("stop", AUTHOR, APPROVER)),
    "help": _READ,
    "stop-everything": Access((AUTHOR, APPROVER), _acts("stop-everything", AUTHOR, APPROVER)),
    "campaign-progress": _READ_CAMPAIGNS,
    "campaign-history": _READ_CAMPAIGNS,
    "campaign-report": _READ_CAMPAIGNS,
    "campaign-report-csv": _READ_CAMPAIGNS,
    "calendar": _READ_CAMPAIGNS,
    "history": _READ_CAMPAIGNS,
    # The state of the whole service, for the people who run it.
    "status": _READ_CAMPAIGNS,
    # Texts and translations.
    "my-work": _READ,
    "source-texts": _READ,
    "source-text": Access(
        acts=_acts("revise replace keep discard take-up put-back", EDITOR) | _acts("approve", REVIEWER),
    ),
    "translations": _READ,
    "languages": Access(acts=_fresh("approve", REVIEWER) | _acts("reject", REVIEWER) | _acts("withdraw", EDITOR)),
    "language-propose": Access((EDITOR,), _acts("propose", EDITOR)),
    "translation-queue": _READ,
    "translation": Access(
        acts=_acts("save save-next replace keep discard take-up propose-removal", EDITOR)
        | _acts("ask-machine", EDITOR)
        | _acts("approve approve-removal send-back cannot-judge", REVIEWER)
        | _acts("reject-removal comment resolve", EDITOR, REVIEWER)
    ),
    "find-replace": Access((EDITOR,), _acts("suggest", EDITOR)),
    "suggestions": Access(acts=_acts("accept dismiss", EDITOR, REVIEWER)),
    "reading-links": Access((EDITOR, REVIEWER), _acts("withdraw deal-with", EDITOR, REVIEWER)),
    "reading-link-new": Access((EDITOR, REVIEWER), _acts("create", EDITOR, REVIEWER)),
    "text-files": Access((EDITOR,), _acts("upload", EDITOR)),
    "text-file-download": Access((EDITOR,)),
    "text-import": Access((EDITOR,), _acts("import discard", EDITOR)),
    "translation-history": Access(acts=_acts("restore", EDITOR)),
    "tip-translation": Access(
        acts=_acts("save save-next replace keep discard as-source suggest", EDITOR)
        | _acts("approve approve-read send-back cannot-judge", REVIEWER)
        | _acts("comment resolve accept dismiss present", EDITOR, REVIEWER)
    ),
    "tips": _READ,
    "tip": Access(acts=_acts("preview propose add-step", EDITOR)),
    "tip-approve": Access(acts=_fresh("approve", REVIEWER)),
    "new-tip": Access((EDITOR,), _acts("propose", EDITOR)),
    "tip-changes": _READ,
    "tip-change": Access(acts=_fresh("approve", REVIEWER) | _acts("reject", REVIEWER) | _acts("withdraw", EDITOR)),
    "handouts": _READ,
    # Services, their channels and the checks of them.
    "services": _READ,
    "service": Access(acts=_acts("assure", ASSURER)),
    "service-edit": Access((EDITOR, ASSURER), _acts("preview propose write-notes", EDITOR, ASSURER)),
    "service-approve": Access(acts=_fresh("approve", ASSURER, REVIEWER)),
    "service-changes": _READ,
    "service-change": _FACTS_CHANGE,
    "organization": Access(acts=_acts("make withdraw", ASSURER) | _acts("propose", EDITOR, ASSURER)),
    "organization-change": _FACTS_CHANGE,
    "channel": Access(acts=_acts("assure take-reply decline-reply", ASSURER)),
    "contact-changes": _FACTS_CHANGE,
    "contact-change-propose": Access((EDITOR, ASSURER), _acts("propose", EDITOR, ASSURER)),
    "assurance-queue": _READ,
    "notices": Access(acts=_fresh("approve", ASSURER) | _acts("reject withdraw end", ASSURER)),
    "notice-propose": Access((ASSURER,), _acts("propose", ASSURER)),
    "figures": _FACTS_CHANGE,
    "figure-propose": Access((EDITOR, ASSURER), _acts("propose", EDITOR, ASSURER)),
    # Releases.
    "releases": Access(acts=_acts("compile", PUBLISHER)),
    "release": Access(acts=_fresh("publish schedule", PUBLISHER) | _acts("cancel-schedule discard roll-back", PUBLISHER)),
    "release-changes": _READ,
    "release-coverage": _READ,
    "release-preview": _READ,
    # The companion with a draft in it, for whom the link was made.
    "phone-preview": _READ,
    "tip-phone": _READ,
    "service-phone": _READ,
    "expired-checks": Access(acts=_acts("take-away", PUBLISHER)),
    "withdrawals": Access(acts=_fresh("put-back put-back-tip", PUBLISHER)),
    "withdrawal": Access(acts=_acts("withdraw", PUBLISHER)),
    "tip-withdrawal": Access(acts=_acts("withdraw", PUBLISHER)),
}


class Entrance(StrEnum):
    """Who may open one of the pages around the console's own: those of Django's admin, and the way in."""

    ANYONE = "anyone"
    STAFF = "staff, with or without a role"
    NOBODY = "nobody"


#: The other routes below /console/, by name ("" for the pattern that catches every other path).
AROUND: Final[Mapping[str, Entrance]] = {
    "index": Entrance.STAFF,
    "login": Entrance.ANYONE,
    "factor": Entrance.ANYONE,
    "invitation": Entrance.ANYONE,
    # Off unless an issuer is set (core.console.oidc).
    "openid_connect_login": Entrance.NOBODY,
    "openid_connect_callback": Entrance.NOBODY,
    "logout": Entrance.STAFF,
    "password_change": Entrance.STAFF,
    "password_change_done": Entrance.STAFF,
    "token": Entrance.STAFF,
    "jsi18n": Entrance.STAFF,
    "autocomplete": Entrance.NOBODY,
    "view_on_site": Entrance.NOBODY,
    "": Entrance.NOBODY,
}

#: The methods of the public routes by name; OPTIONS is answered by each. No cookie is read, and all but one answer anyone.
PUBLIC: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(
        (
            *("root", "manifest", "country-manifest", "locale-manifest", "jwks", "country-pack", "pack", "pack-bytes"),
            *("tips", "tip", "services", "service", "facts", "handouts", "start", "sandbox", "sandbox-state"),
            *("alerts", "alerts-atom", "alert-cap", "alert", "topics", "problem", "schema", "docs", "sent-counts"),
            *("hsds", "hsds-profile", "hsds-services", "hsds-service", "hsds-taxonomies", "hsds-taxonomy", "hsds-terms"),
            *("hsds-term", "alert-page", "sent-alerts", "transparency", "handout-pdf", "handout", "healthz", "readyz"),
            *("sandbox-limited", "sandbox-phones", "sandbox-phone", "companion", "companion-file", "security-txt", "metrics"),
        ),
        ("GET",),
    ),
    "help": ("POST",),
    "receipts": ("POST",),
    "registrations": ("POST",),
    # Their secret is in the request.
    "corrections": ("POST",),
    "correction-form": ("GET", "POST"),
    "reading-form": ("GET", "POST"),
    "registration": ("GET", "PATCH", "DELETE"),
}
#: Public routes that need the registration's secret in the header Authorization.
SECRET: Final = frozenset({"registration"})
