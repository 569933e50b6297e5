"""The other ways to send with Python, each in a process of its own: `python -m tools.bench.push.peers` with a job on stdin.

The job is a JSON object: path, messages, url and credentials of the emulator, and the message (FCM's resource without an
address). The result is one line of JSON. Each path is called as its documentation says. firebase-admin mounts an adapter with 100
connections for fcm.googleapis.com only; here it is mounted for the emulator, too.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import firebase_admin
import google.auth.credentials
import requests
from firebase_admin import _http_client, credentials, messaging

#: The most that firebase-admin accepts in one call.
CHUNK = 500


def token(number: int) -> str:
    """Return a made-up registration token, as long as the addresses that our own path sends to."""
    return f"tok{number:019d}"


def main() -> None:
    """Do the job and print its figures."""
    job = json.load(sys.stdin)
    # firebase-admin deprecates tokens in favour of installation IDs, but fcm-django has only tokens.
    warnings.simplefilter("ignore", DeprecationWarning)
    if job["path"] in _CHORES:
        print(json.dumps(_CHORES[job["path"]](job)))
        return
    send = _PATHS[job["path"]](job)
    before, began = _cpu(), time.monotonic()
    accepted = send()
    seconds = time.monotonic() - began
    print(json.dumps({"seconds": seconds, "cpu": _cpu() - before, "peak_mb": _peak(), "accepted": accepted}))


def _connect(job: dict[str, Any]) -> None:
    """Create firebase-admin's default app, which sends to the emulator."""
    messaging._MessagingService.FCM_URL = job["url"] + "/v1/projects/{0}/messages:send"
    # google-auth would request the account's region from Google in the background.
    boundary = google.auth.credentials.CredentialsWithRegionalAccessBoundary
    boundary._maybe_start_regional_access_boundary_refresh = lambda *_: None  # type: ignore[method-assign]
    app = firebase_admin.initialize_app(credentials.Certificate(job["credentials"]))
    adapter = requests.adapters.HTTPAdapter(pool_connections=100, pool_maxsize=100, max_retries=_http_client.DEFAULT_RETRY_CONFIG)
    messaging._get_messaging_service(app)._client.session.mount(job["url"], adapter)


def _message(document: dict[str, Any], address: str | None) -> messaging.Message:
    """Return a message of our own path to Android as firebase-admin's class."""
    android = document["android"]
    return messaging.Message(
        data=document["data"],
        android=messaging.AndroidConfig(
            priority=android["priority"], ttl=3600, notification=messaging.AndroidNotification(**_notification(android))
        ),
        token=address,
    )


def _notification(android: dict[str, Any]) -> dict[str, Any]:
    fields = dict(android["notification"])
    return fields | {"visibility": fields["visibility"].lower()}


def _chunks(job: dict[str, Any]) -> Iterator[list[messaging.Message]]:
    for first in range(0, job["messages"], CHUNK):
        last = min(first + CHUNK, job["messages"])
        yield [_message(job["message"], token(number)) for number in range(first, last)]


def _send_each(job: dict[str, Any]) -> Callable[[], int]:
    _connect(job)
    return lambda: sum(messaging.send_each(chunk).success_count for chunk in _chunks(job))


def _send_each_async(job: dict[str, Any]) -> Callable[[], int]:
    _connect(job)

    async def send() -> int:
        return sum([(await messaging.send_each_async(chunk)).success_count for chunk in _chunks(job)])

    return lambda: asyncio.run(send())


def _bare_loop(job: dict[str, Any]) -> Callable[[], int]:
    """Post bodies that are ready with the HTTP client of our own path, and read each answer: nothing is looked up or recorded."""
    import uvloop
    from pyreqwest.http import Url

    from notifications.delivery import fcm

    encrypted = job["url"].startswith("https://")
    project = json.loads(Path(job["credentials"]).read_text())["project_id"]
    url = Url(f"{job['url']}/v1/projects/{project}/messages:send")
    authorization = f"Bearer {fcm.ServiceAccount(project).bearer()}"
    body = fcm.MessageTemplate(json.dumps(job["message"], separators=(",", ":")))

    async def send() -> int:
        clients = [fcm._client() for _ in range(fcm.CONNECTIONS if encrypted else 1)]
        waiting, accepted = iter(range(job["messages"])), 0

        async def work(client: Any) -> None:
            nonlocal accepted
            for number in waiting:
                request = client.post(url).header("Authorization", authorization)
                async with request.body_bytes(body.fill("token", token(number), 3600)).build_streamed() as response:
                    await response.body_reader.read(fcm.MAX_RESPONSE_BYTES)
                    accepted += response.status == 200

        async with asyncio.TaskGroup() as group:
            for number in range(_BARE_REQUESTS):
                group.create_task(work(clients[number % len(clients)]))
        return accepted

    return lambda: uvloop.run(send())


def _fcm_django(job: dict[str, Any]) -> Callable[[], int]:
    device = _device()
    _connect(job)

    def send() -> int:
        return int(device.objects.send_message(_message(job["message"], None)).response.success_count)

    return send


def _device() -> Any:
    import django

    django.setup()
    from fcm_django.models import FCMDevice

    return FCMDevice


def _fill(job: dict[str, Any]) -> dict[str, int]:
    """Create fcm-django's table with so many devices."""
    device = _device()
    from django.core.management import call_command

    call_command("migrate", "fcm_django", verbosity=0)
    rows = (device(registration_id=token(number), type="android") for number in range(job["messages"]))
    return {"devices": len(device.objects.bulk_create(rows, batch_size=1000))}


def _drop(job: dict[str, Any]) -> dict[str, int]:
    """Drop fcm-django's table, because it refers to one of ours, which could not be emptied otherwise."""
    _device()
    from django.core.management import call_command

    call_command("migrate", "fcm_django", "zero", verbosity=0)
    return {"devices": 0}


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _peak() -> int:
    """Return this process's peak resident memory in MB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


#: Requests of the bare loop at once, as our own path has them with eight batches over HTTP/1.1.
_BARE_REQUESTS = 512
_PATHS = {
    "fcm-django": _fcm_django, "send_each": _send_each, "send_each_async": _send_each_async, "bare loop": _bare_loop,
}  # fmt: skip
_CHORES = {"fill": _fill, "drop": _drop}

if __name__ == "__main__":
    main()
