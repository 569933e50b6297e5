"""`messages:send`: who may send, whether the message is sound, what the plan says, and what the phone then shows."""

from __future__ import annotations

from itertools import islice
from typing import Any

from fcm_emulator import answers
from fcm_emulator.check import Checked, Refused
from fcm_emulator.counts import Counts
from fcm_emulator.exchange import Reply, Request
from fcm_emulator.oauth import TokenEndpoint
from fcm_emulator.options import Options
from fcm_emulator.phones import MOST_A_LOCALE, Phones
from fcm_emulator.plan import Plan
from fcm_emulator.quota import Quota
from fcm_emulator.templates import Templates
from fcm_emulator.topics import Topics, kind_of


class Sending:
    """The state behind `messages:send`; one instance a server."""

    def __init__(self, tokens: TokenEndpoint, options: Options) -> None:
        self.tokens = tokens
        self.options = options
        self.templates = Templates(options.check_every)
        self._number = 0
        self.reset()

    def reset(self) -> None:
        """Forget messages, quotas used, phones, subscriptions and the plan, but no access token."""
        self.plan = Plan()
        self.counts = Counts()
        self.phones = Phones()
        #: By project; only those that an account may send for.
        self.quotas: dict[str, Quota] = {}
        self._topics: dict[str, Topics] = {}

    def send(self, project: str, request: Request, *, at: float) -> Reply:
        """Answer one send request for a Firebase project."""
        if denied := self.denied(project, request.headers.get(b"authorization"), at):
            return denied
        quota = self.quotas.get(project)
        if quota is None:
            quota = self.quotas[project] = Quota()
        if not quota.has_room(self.limit, at=at):
            # The front end turns away what is too much without reading it: nobody knows whom it was for.
            self.counts.without_message["QUOTA_PROJECT"] += 1
            reply = answers.quota_used_up(self.limit, self.retry_after)
        else:
            reply = self._decide(project, request.body, at)
        if reply.status == 429:
            quota.refused += 1
        else:
            quota.count()
        return reply

    @property
    def limit(self) -> int:
        """Return how many messages a minute a project may send; 0 means any number."""
        return self.options.quota if self.plan.quota is None else self.plan.quota

    @property
    def retry_after(self) -> int | None:
        """Return the seconds to name when the quota is used up, or None to name none."""
        return self.options.retry_after if self.plan.quota_retry_after is None else self.plan.quota_retry_after

    @property
    def goaway_after(self) -> int:
        """Return after how many requests a connection is told to go away; 0 never."""
        return self.options.goaway_after if self.plan.goaway_after is None else self.plan.goaway_after

    def quota(self, *, at: float) -> dict[str, Any]:
        """Return for each project of an account what it may send a minute, and what it sent."""
        projects = sorted({account.project for account in self.tokens.accounts.values()} | set(self.quotas))
        return {project: self.quotas.get(project, Quota()).as_dict(self.limit, at=at) for project in projects}

    def _decide(self, project: str, body: bytes, at: float) -> Reply:
        try:
            checked = self.templates.read(body)
        except Refused as refusal:
            self.counts.without_message[refusal.answer] += 1
            return refusal.reply
        if checked.validate_only:
            self.counts.without_message["VALIDATED"] += 1
            return Reply(200, answers.as_json({"name": f"projects/{project}/messages/fake_message_id"}))
        rule = self.plan.choose(checked.address) if self.plan.rules else None
        accepted = rule is None or rule.accepts
        answer = rule.answer if rule else "ACCEPT"
        self.counts.add(checked.key, checked.kind, checked.address, answer, accepted=accepted, at=at)
        if accepted:
            if checked.kind in ("fid", "token"):
                self.phones.show(checked, at=at)
            else:
                self._fan_out(project, checked, at)
        if rule is None:
            return Reply(200, self._name(project, at))
        reply = rule.reply_at(at)
        return reply._replace(body=self._name(project, at)) if rule.answer in answers.NAMING else reply

    def topics_of(self, project: str) -> Topics:
        """Return the subscriptions of a project."""
        return self._topics.setdefault(project, Topics())

    def topics_as_dict(self) -> dict[str, dict[str, int]]:
        """Return how many are subscribed, by project and topic."""
        return {
            project: {topic: len(addresses) for topic, addresses in sorted(topics.by_topic.items())}
            for project, topics in sorted(self._topics.items())
        }

    def project_of(self, authorization: bytes | None, at: float) -> str | None:
        """Return the project that a token may send for, or None."""
        grant = self.tokens.grants.get(authorization or b"")
        return grant.project if grant is not None and grant.expires_at > at and grant.may_send else None

    def _fan_out(self, project: str, checked: Checked, at: float) -> None:
        addresses = self.topics_of(project).reached(checked.kind, checked.address)
        self.counts.series[checked.key].fanned_out += len(addresses)
        # All are reached; shown are those that are shown already, and the newest.
        newest = [(kind_of(address), address) for address in islice(reversed(addresses), MOST_A_LOCALE)]
        for kind, address in dict.fromkeys([*self.phones.known_of(addresses), *reversed(newest)]):
            self.phones.show(checked._replace(kind=kind, address=address), at=at)

    def denied(self, project: str, authorization: bytes | None, at: float) -> Reply | None:
        """Return why a token may not send for a project, or None when it may."""
        grant = self.tokens.grants.get(authorization or b"")
        if grant is not None and grant.expires_at > at and grant.may_send and grant.project == project:
            return None
        if not authorization:
            reply = answers.unauthenticated("CREDENTIALS_MISSING")
        elif grant is None:
            reply = answers.unauthenticated("ACCESS_TOKEN_TYPE_UNSUPPORTED")
        elif grant.expires_at <= at:
            reply = answers.unauthenticated("ACCESS_TOKEN_EXPIRED")
        else:
            reply = answers.wrong_project(project) if grant.may_send else answers.SCOPE_INSUFFICIENT
        self.counts.without_message["UNAUTHENTICATED" if reply.status == 401 else "PERMISSION_DENIED"] += 1
        return reply

    def _name(self, project: str, at: float) -> bytes:
        self._number += 1
        return b'{\n  "name": "projects/%s/messages/0:%d%%%016x"\n}\n' % (project.encode(), int(at * 1e6), self._number)
