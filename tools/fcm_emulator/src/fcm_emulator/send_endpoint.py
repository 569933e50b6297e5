"""`messages:send`: check the sender's rights and the message, apply quota and fault plan, and show the message on its phone."""

from __future__ import annotations

from itertools import islice
from typing import Any

from fcm_emulator import responses
from fcm_emulator.counts import MessageCounts
from fcm_emulator.fault_plan import FaultPlan
from fcm_emulator.http_messages import Request, Response
from fcm_emulator.oauth import TokenEndpoint
from fcm_emulator.phones import MAX_PER_LOCALE, Phones
from fcm_emulator.quota import RateWindow
from fcm_emulator.server_options import ServerOptions
from fcm_emulator.topics import Topics, kind_of
from fcm_emulator.validation import RejectedMessage, ValidMessage, validate, validate_target


class SendEndpoint:
    """The state behind `messages:send`. A server has one instance."""

    def __init__(self, tokens: TokenEndpoint, options: ServerOptions) -> None:
        self.tokens = tokens
        self.options = options
        self._number = self._checked = 0
        self.reset()

    def reset(self) -> None:
        """Forget messages, used quotas, phones, subscriptions and the fault plan, but no access token."""
        self.plan = FaultPlan()
        self.counts = MessageCounts()
        self.phones = Phones()
        #: By project; only projects that an account may send for.
        self.quotas: dict[str, RateWindow] = {}
        self._topics: dict[str, Topics] = {}

    def send(self, project: str, request: Request, *, at: float) -> Response:
        """Respond to a send request for a Firebase project, which arrived `at` seconds since 1970."""
        if denied := self.denied(project, request.headers.get(b"authorization"), at):
            return denied
        quota = self.quotas.get(project)
        if quota is None:
            quota = self.quotas[project] = RateWindow()
        if not quota.has_room(self.limit, at=at):
            # The front end rejects a message over the quota unread, so its address is not known.
            self.counts.without_message["QUOTA_PROJECT"] += 1
            response = responses.quota_used_up(self.limit, self.retry_after)
        else:
            response = self._respond(project, request.body, at)
        if response.status == 429:
            quota.refused += 1
        else:
            quota.count()
        return response

    @property
    def limit(self) -> int:
        """Return how many messages per minute a project may send; 0 for any number."""
        return self.options.quota if self.plan.quota is None else self.plan.quota

    @property
    def retry_after(self) -> int | None:
        """Return the seconds in Retry-After when the quota is used up, or None for no such header."""
        return self.options.retry_after if self.plan.quota_retry_after is None else self.plan.quota_retry_after

    @property
    def goaway_after(self) -> int:
        """Return the number of requests after which a connection gets GOAWAY; 0 for never."""
        return self.options.goaway_after if self.plan.goaway_after is None else self.plan.goaway_after

    def quota(self, *, at: float) -> dict[str, Any]:
        """Return the quota of every project that has an account, and how much of it is used."""
        projects = sorted({account.project for account in self.tokens.accounts.values()} | set(self.quotas))
        return {project: self.quotas.get(project, RateWindow()).as_dict(self.limit, at=at) for project in projects}

    def _respond(self, project: str, body: bytes, at: float) -> Response:
        try:
            valid = self._validate(body)
        except RejectedMessage as invalid:
            self.counts.without_message[invalid.answer] += 1
            return invalid.response
        if valid.validate_only:
            self.counts.without_message["VALIDATED"] += 1
            return Response(200, responses.as_json({"name": f"projects/{project}/messages/fake_message_id"}))
        rule = self.plan.choose(valid.address) if self.plan.rules else None
        accepted = rule is None or rule.accepts
        answer = rule.answer if rule else "ACCEPT"
        self.counts.add(valid.key, valid.kind, valid.address, answer, accepted=accepted, at=at)
        if accepted:
            if valid.kind in ("fid", "token"):
                self.phones.show(valid, at=at)
            else:
                self._fan_out(project, valid, at)
        if rule is None:
            return Response(200, self._name(project, at))
        response = rule.response_at(at)
        return response._replace(body=self._name(project, at)) if rule.answer in responses.NAMING else response

    def _validate(self, body: bytes) -> ValidMessage:
        """Validate every `check_every`th message in full, and only the target of the others."""
        self._checked += 1
        return validate(body) if self._checked % self.options.check_every == 0 else validate_target(body)

    def topics_of(self, project: str) -> Topics:
        """Return the subscriptions of a project."""
        return self._topics.setdefault(project, Topics())

    def topics_as_dict(self) -> dict[str, dict[str, int]]:
        """Return the number of subscribers by project and topic."""
        return {
            project: {topic: len(addresses) for topic, addresses in sorted(topics.by_topic.items())}
            for project, topics in sorted(self._topics.items())
        }

    def project_of(self, authorization: bytes | None, at: float) -> str | None:
        """Return the project that the token in an Authorization header may send for, or None."""
        grant = self.tokens.grants.get(authorization or b"")
        return grant.project if grant is not None and grant.expires_at > at and grant.may_send else None

    def _fan_out(self, project: str, valid: ValidMessage, at: float) -> None:
        addresses = self.topics_of(project).recipients(valid.kind, valid.address)
        self.counts.by_key[valid.key].fanned_out += len(addresses)
        # All of them are counted; shown are the phones that are shown already and the newest ones.
        newest = [(kind_of(address), address) for address in islice(reversed(addresses), MAX_PER_LOCALE)]
        for kind, address in dict.fromkeys([*self.phones.known_of(addresses), *reversed(newest)]):
            self.phones.show(valid._replace(kind=kind, address=address), at=at)

    def denied(self, project: str, authorization: bytes | None, at: float) -> Response | None:
        """Return the response to a token that may not send for the project, or None if it may."""
        grant = self.tokens.grants.get(authorization or b"")
        if grant is not None and grant.expires_at > at and grant.may_send and grant.project == project:
            return None
        if not authorization:
            response = responses.unauthenticated("CREDENTIALS_MISSING")
        elif grant is None:
            response = responses.unauthenticated("ACCESS_TOKEN_TYPE_UNSUPPORTED")
        elif grant.expires_at <= at:
            response = responses.unauthenticated("ACCESS_TOKEN_EXPIRED")
        else:
            response = responses.wrong_project(project) if grant.may_send else responses.SCOPE_INSUFFICIENT
        self.counts.without_message["UNAUTHENTICATED" if response.status == 401 else "PERMISSION_DENIED"] += 1
        return response

    def _name(self, project: str, at: float) -> bytes:
        self._number += 1
        return b'{\n  "name": "projects/%s/messages/0:%d%%%016x"\n}\n' % (project.encode(), int(at * 1e6), self._number)
