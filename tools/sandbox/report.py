"""What ./run prints when it is up: where to look, and what the story just did."""

from __future__ import annotations

import json
import time

from tools.sandbox.demo_staff import PEOPLE
from tools.sandbox.story import FEED, Told
from tools.sandbox.supervisor import Sandbox
from tools.sandbox.terminal import STARTED, say

#: The figures of the last line, in this order.
FIGURES = (
    *("release", "packs", "services", "tips", "registrations", "campaign"),
    *("devices", "accepted", "rejected", "unknown", "skipped", "feed_alerts"),
)


def after(sandbox: Sandbox, told: Told) -> None:
    """Say what the story did."""
    seen = told.figures
    say()
    if told.kept:
        say("The database of an earlier start was kept (./run reset removes it); facts and words are up to date.")
    content = f"{seen['packs']} packs with {seen['services']} services and {seen['tips']} tips"
    say(f"Release {seen['release']}: {content}, read from the API.")
    if told.sent:
        say(f"Teens' phones asked for {seen['topics']} topics to subscribe to; no address of theirs is stored.")
        say(f"{seen['registrations']} sample devices registered; amina wrote a campaign, david approved its fingerprint.")
    outcome = f"{seen['accepted']} accepted, {seen['rejected']} rejected, {seen['unknown']} unknown, {seen['skipped']} skipped"
    when = "now" if told.sent else "at an earlier start"
    say(f"Campaign {seen['campaign']}, sent {when}, to {seen['devices']} devices: {outcome}.")
    say(f"Alerts in the feed: {seen['feed_alerts']}.")


def where(sandbox: Sandbox) -> None:
    """Say where to look, and the demo's passwords."""
    say()
    say(f"API          {sandbox.web}/v1/")
    say(f"Docs         {sandbox.web}/v1/docs")
    say(f"A pack       {sandbox.web}/v1/packs/GB/cy")
    say(f"Alerts       {sandbox.web}{FEED}")
    say(f"Console      {sandbox.web}/console/")
    if sandbox.emulator_url:
        say(f"Phones       {sandbox.emulator_url}/")
    else:
        say(f"FCM          {sandbox.fcm} (brought by FINGERPOST_SANDBOX=1)")
    say(f"Logs         {sandbox.places.logs}")
    say()
    say("Staff of this demo, for the console:")
    for name, roles in PEOPLE.items():
        say(f"  {name:<8} {sandbox.keys.staff[name]:<18} {', '.join(roles)}")
    say()
    say("Ctrl-C stops everything.")


def journey_ok(told: Told) -> str:
    """Return the last line of ./run --once."""
    seconds = round(time.monotonic() - STARTED, 1)
    return "JOURNEY OK " + json.dumps({**{name: told.figures[name] for name in FIGURES}, "seconds": seconds})
