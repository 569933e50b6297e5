"""`messages:send`: who may send, whether the message is sound, what the plan says, and what the phone then shows."""

from __future__ import annotations

from typing import Any

from notifications.emulator import answers
from notifications.emulator.check import Refused, check, get
from notifications.emulator.counts import Counts, Key
from notifications.emulator.exchange import Reply, Request
from notifications.emulator.oauth import TokenEndpoint
from notifications.emulator.phones import Phones
from notifications.emulator.plan import Plan


class Sending:
    """The state behind `messages:send`; one instance a server."""

    def __init__(self, tokens: TokenEndpoint) -> None:
        self.tokens = tokens
        self._number = 0
        self.reset()

    def reset(self) -> None:
        """Forget messages, phones and the plan, but no access token."""
        self.plan = Plan()
        self.counts = Counts()
        self.phones = Phones()

    def send(self, project: str, request: Request, *, at: float) -> Reply:
        """Answer one send request for a Firebase project."""
        if denied := self._denied(project, request.headers.get(b"authorization"), at):
            return denied
        try:
            checked = check(request.body)
        except Refused as refusal:
            self.counts.without_message[refusal.answer] += 1
            return refusal.reply
        if checked.validate_only:
            self.counts.without_message["VALIDATED"] += 1
            return Reply(200, answers.as_json({"name": f"projects/{project}/messages/fake_message_id"}))
        rule = self.plan.choose(checked.address) if self.plan.rules else None
        accepted = rule is None or rule.accepts
        key = key_of(checked.message)
        self.counts.add(key, checked.kind, checked.address, rule.answer if rule else "ACCEPT", accepted=accepted)
        if accepted and checked.kind in ("fid", "token"):
            self.phones.show(checked, key, at=at)
        if rule is None:
            return Reply(200, self._name(project, at))
        return rule.reply._replace(body=self._name(project, at)) if rule.answer == "ACCEPT" else rule.reply

    def _denied(self, project: str, authorization: bytes | None, at: float) -> Reply | None:
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


def key_of(message: dict[str, Any]) -> Key:
    """Return what a message is counted under; a message without any platform's tag goes by its alert."""
    data = message.get("data") or (message.get("android") or {}).get("data") or {}
    alert = data.get("alert", "")
    return Key(_tag(message) or alert, alert, data.get("rev", ""))


def _tag(message: dict[str, Any]) -> str:
    if android := message.get("android") or get(message, "android_v2"):
        notification = android.get("notification") or (get(android, "remote_notification") or {}).get("notification") or {}
        if tag := notification.get("tag"):
            return str(tag)
    if (apple := message.get("apns")) and (collapse := (apple.get("headers") or {}).get("apns-collapse-id")):
        return str(collapse)
    if (web := message.get("webpush")) and (tag := (web.get("notification") or {}).get("tag")):
        return str(tag)
    return ""
