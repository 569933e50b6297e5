"""./run phone: register one phone with the running demo, pair it with a member of staff, and send it a test push.

Nobody approves a test push, because it reaches only phones that its sender has paired: docs/adr/0032-test-phones.md.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import secrets
import time
from collections.abc import Sequence
from typing import Any

from urllib3.exceptions import HTTPError

from tools.sandbox.demo_campaign import TEXTS, sample_campaign
from tools.sandbox.http_client import Client
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.lock import is_held
from tools.sandbox.paths import Paths, read_json
from tools.sandbox.supervisor import Sandbox
from tools.sandbox.terminal import UserError, say, step

#: The app for staff, and the member of the demo's staff whose phone it is.
APP, OWNER = "parent-test", "amina"
#: The draft whose texts are sent; made once.
DRAFT = "Test push of ./run phone"
#: Seconds without any answer after which something is wrong.
_PATIENCE = 60


def run(paths: Paths, rest: Sequence[str]) -> int:
    """Register, pair, send, and print what the phone shows. UserError if the demo does not run, or FCM refuses."""
    parser = argparse.ArgumentParser(prog="./run phone", description=__doc__)
    parser.add_argument("--locale", default="en", help=f"the phone's language (default en); the texts are in {', '.join(TEXTS)}")
    parser.add_argument("--country", default="GB", help="where it is, as ISO 3166-1 alpha-2 (default GB)")
    parser.add_argument("--platform", default="android", choices=["android", "ios", "web"])
    parser.add_argument("--code", help="pair the phone that shows this code, for example a test build, instead of a sample one")
    options = parser.parse_args(rest)
    if not is_held(paths):
        raise UserError("The demo is not running. Start ./run in another terminal, and try again.")
    sandbox = Sandbox(paths, Interrupts(), os.environ)
    sandbox.attach()
    address = ""
    try:
        code = options.code
        if code is None:
            with step("Registering a phone with the test app, over the API"):
                address, code = register(sandbox.web, options.platform, options.locale, options.country)
            say(f"  The phone shows the code {code}.")
        with step(f"Entering the code as {OWNER}, who is campaign staff"):
            until = sandbox.json_command("campaign", "pair", code, "--name", "Phone of ./run phone", "--by", OWNER)["until"]
        with step("Sending it the texts of a draft, marked as a rehearsal"):
            sandbox.json_command("campaign", "test-send", draft(sandbox), "--by", OWNER)
        say(f"  The pairing lasts until {until}.")
        if not address:
            say("Sent. Look at your phone.")
            return 0
        emulator = str(read_json(paths.run / "endpoints.json")["fcm_endpoint"])
        with step("Waiting for the phone"):
            notification = arrival(emulator, address)
    except HTTPError as error:
        raise UserError(f"A server of the demo does not answer: {error}") from error
    say()
    say(f"Lock screen   {notification['outer']['title']}: {notification['outer']['body']}")
    say(f"In the app    {notification['inner']['title']}: {notification['inner']['body']}")
    say(f"Data          {json.dumps(notification['data'], ensure_ascii=False)}")
    say(f"Phones        {emulator}/?locale={notification['data']['lang']}")
    say("What an app does with it: docs/push.md. Run it again for another push, or with --locale cy --platform ios.")
    return 0


def register(web: str, platform: str, locale: str, country: str) -> tuple[str, str]:
    """Register a phone as the test app does; return its address and the code that it shows."""
    # Firebase's form of an installation ID: 17 bytes that begin with the bits 0111.
    raw = secrets.token_bytes(17)
    address = base64.urlsafe_b64encode(bytes([0x70 | raw[0] & 0x0F]) + raw[1:]).decode()[:22]
    body = {
        "app": APP, "address_kind": "fid", "address": address, "platform": platform, "locale": locale, "country": country,
        "audience": "parent", "app_version": "1.2.0",
    }  # fmt: skip
    client = Client(web)
    response = client.post("/v1/registrations", body)
    client.close()
    answer: dict[str, Any] = response.json()
    if response.status != 202:
        errors = "; ".join(f"{error['field']}: {error['detail']}" for error in answer.get("errors", []))
        raise UserError(f"The phone was not registered: {errors or answer.get('detail', response.status)}")
    return address, str(answer["pairing_code"])


def draft(sandbox: Sandbox) -> str:
    """Return the id of the draft whose texts are sent; the first call makes it."""
    listed = sandbox.json_command("campaign", "list")["campaigns"]
    known = next((row["id"] for row in listed if row["name"] == DRAFT and row["state"] == "draft"), None)
    if known is None:
        definition = json.loads(sample_campaign()) | {"name": DRAFT}
        known = sandbox.json_command("campaign", "create", "-", "--by", OWNER, text=json.dumps(definition))["id"]
    return str(known)


def arrival(emulator: str, address: str) -> dict[str, Any]:
    """Return the newest notification on the phone with this address, once there is one."""
    client = Client(emulator)
    deadline = time.monotonic() + _PATIENCE
    try:
        while time.monotonic() < deadline:
            response = client.get("/emulator/phones")
            if response.status != 200:
                raise UserError("FCM_ENDPOINT is not the demo's emulator. The message was sent; look at the phone.")
            for phone in response.json()["phones"]:
                if phone["address"] == address and phone["notifications"]:
                    found: dict[str, Any] = phone["notifications"][0]
                    return found
            time.sleep(0.2)
    finally:
        client.close()
    raise UserError(f"Nothing arrived within {_PATIENCE} seconds. The worker's log is in .run/logs.")
