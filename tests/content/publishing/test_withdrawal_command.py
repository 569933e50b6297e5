"""Withdrawing a service on the command line, and its effect shown before."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from content.models import Release, Withdrawal
from content.publishing.withdrawal import withdraw, withdrawal_effect
from core import tokens
from core.models import User
from tests.content.publishing.test_withdrawal import LATER, digests


def run(*arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue().strip().splitlines()[-1])


def test_the_command_withdraws_and_puts_back(published: Release, ann: User, ben: User) -> None:
    answer = run("release", "withdraw", "gb-wrong", "--successor", "gb-line", "--by", "ann")

    assert answer == {
        "service": "gb-wrong",
        "successor": "gb-line",
        "release": Release.objects.current_number(),
        "packs": len(published.locales()),
    }
    assert run("release", "put-back", "gb-wrong", "--by", "ann", "--second", "ben") == {"service": "gb-wrong"}


def test_outside_the_sandbox_each_of_the_two_brings_a_token(
    published: Release, ann: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    withdraw("gb-wrong", by=ann, at=LATER)
    both = ["release", "put-back", "gb-wrong", "--by", "ann", "--second", "ben"]
    both += ["--token-file", "-", "--second-token-file", "-"]

    with override_settings(SANDBOX=False):
        for second in (ann, ben):
            lines = f"{tokens.issue(ann)}\n{tokens.issue(second)}\n"
            monkeypatch.setattr("sys.stdin", io.StringIO(lines))
            with pytest.raises(CommandError, match="token"):
                run("release", "withdraw", "gb-line", "--by", "ann")
            if second == ann:
                with pytest.raises(CommandError, match="token"):
                    run(*both)
            else:
                run(*both)

    assert not Withdrawal.objects.in_force().exists()


def test_the_effect_is_known_before_and_nothing_is_changed(published: Release) -> None:
    effect = withdrawal_effect("gb-wrong")

    assert Release.objects.current() == published
    assert effect.packs == len([place for place in digests(published) if place[0] == "GB"])
    [change] = [c for c in effect.comparison.changes if (c.kind, c.item, c.locale) == ("tip", "ask", "en")]
    assert change.old is not None
    assert change.new is not None
    assert change.old["do_now"] == ["Ask \u2066Help & Talk\u2069."]
    assert change.new["do_now"] == ["Ask \u2066The gb-line service\u2069."]


def test_the_command_shows_both_texts_first(published: Release, ann: User) -> None:
    shown = io.StringIO()
    call_command("release", "withdraw", "gb-wrong", "--dry-run", "--by", "ann", stdout=shown)

    assert "- short: Help & Talk can help." in shown.getvalue()
    assert "+ short: The gb-line service can help." in shown.getvalue()
    assert Release.objects.current() == published
    assert not Withdrawal.objects.exists()
