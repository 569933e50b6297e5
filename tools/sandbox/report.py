"""What ./run prints once the demo is up: what the demo did, and where to look."""

from __future__ import annotations

import json
import time

import psutil

from tools.sandbox.demo import FEED, DemoResult
from tools.sandbox.demo_staff import STAFF
from tools.sandbox.supervisor import Sandbox
from tools.sandbox.terminal import say

#: The figures of the last line of ./run --once, in this order.
FIGURES = (
    *("release", "packs", "services", "tips", "registrations", "campaign"),
    *("devices", "accepted", "rejected", "unknown", "skipped", "feed_alerts"),
)


def print_summary(result: DemoResult) -> None:
    """Print what the demo did."""
    seen = result.figures
    say()
    if result.database_was_kept:
        say("The database of an earlier start was kept (./run reset removes it); facts and texts are up to date.")
    content = f"{seen['packs']} packs with {seen['services']} services and {seen['tips']} tips"
    say(f"Release {seen['release']}: {content}, read from the API.")
    if result.campaign_sent:
        say(f"Teens' phones were given {seen['topics']} topics to subscribe to; none of their addresses is stored.")
        say(f"{seen['registrations']} sample devices were registered; amina wrote a campaign and david approved its fingerprint.")
    outcome = f"{seen['accepted']} accepted, {seen['rejected']} rejected, {seen['unknown']} unknown, {seen['skipped']} skipped"
    when = "now" if result.campaign_sent else "at an earlier start"
    say(f"Campaign {seen['campaign']}, sent {when}, to {seen['devices']} devices: {outcome}.")
    say(f"Alerts in the feed: {seen['feed_alerts']}.")


def print_addresses(sandbox: Sandbox) -> None:
    """Print where to look, and the passwords of the demo's staff."""
    say()
    say(f"Start here   {sandbox.web}/")
    say(f"API          {sandbox.web}/v1/")
    say(f"Contract     {sandbox.web}/v1/docs")
    say(f"Docs         {sandbox.web}/docs/")
    say(f"Companion    {sandbox.web}/companion/")
    say(f"A pack       {sandbox.web}/v1/packs/GB/cy")
    say(f"Root key     {sandbox.root_key()} (to pin in an app: docs/verifying.md)")
    say(f"Alerts       {sandbox.web}{FEED}")
    say(f"Console      {sandbox.console}/console/")
    if sandbox.emulator_url:
        say(f"Phones       {sandbox.emulator_url}/")
    else:
        say(f"FCM          {sandbox.fcm} (from FCM_ENDPOINT)")
    say(f"Logs         {sandbox.paths.logs}")
    say()
    say("Staff of this demo, for the console:")
    for name, roles in STAFF.items():
        say(f"  {name:<8} {sandbox.secrets.staff[name]:<18} {', '.join(roles)}")
    say()
    say("Press Ctrl-C to stop everything.")


def journey_ok(result: DemoResult) -> str:
    """Return the last line of a successful ./run --once; `seconds` counts from the start of the command, with installation."""
    seconds = round(time.time() - psutil.Process().create_time(), 1)
    return "JOURNEY OK " + json.dumps({**{name: result.figures[name] for name in FIGURES}, "seconds": seconds})
