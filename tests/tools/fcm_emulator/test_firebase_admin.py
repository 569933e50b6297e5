"""Google's own SDK works with the emulator: token exchange, sending by installation ID and by token, error classes."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import firebase_admin
import google.auth.credentials
import pytest
from fcm_emulator.credentials import write_credentials
from firebase_admin import credentials, exceptions, messaging
from google.auth.exceptions import RefreshError

from tests.processes import Emulator

DATA = {"v": "1", "alert": "a1", "rev": "1", "lang": "cy", "dir": "ltr", "inner_title": "Yn yr ap", "inner_body": "Cymraeg"}


@pytest.fixture
def sdk(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], firebase_admin.App]]:
    """Return a function that creates an SDK app from a key file; its sockets are closed after the test."""
    apps: list[firebase_admin.App] = []
    # The SDK builds the URL of FCM from this constant when the service is first used.
    monkeypatch.setattr(messaging._MessagingService, "FCM_URL", emulator.url + "/v1/projects/{0}/messages:send")
    # google-auth would request the account's region from Google in the background.
    monkeypatch.setattr(
        google.auth.credentials.CredentialsWithRegionalAccessBoundary,
        "_maybe_start_regional_access_boundary_refresh",
        lambda *_: None,
    )

    def connect(credentials_file: Path) -> firebase_admin.App:
        certificate = credentials.Certificate(str(credentials_file))
        apps.append(firebase_admin.initialize_app(certificate, {"httpTimeout": 10}, name=f"emulator-{len(apps)}"))
        return apps[-1]

    yield connect
    for app in apps:
        service = messaging._get_messaging_service(app)
        service._client.close()
        service.close()
        firebase_admin.delete_app(app)


@pytest.fixture
def app(emulator: Emulator, sdk: Callable[[Path], firebase_admin.App]) -> firebase_admin.App:
    return sdk(emulator.credentials_file)


def message(**target: str) -> messaging.Message:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return messaging.Message(
            data=DATA,
            android=messaging.AndroidConfig(
                ttl=3600,
                priority="high",
                notification=messaging.AndroidNotification(
                    title="Newydd", body="Darllenwch", tag="a1", channel_id="updates", visibility="private", local_only=True
                ),
            ),
            apns=messaging.APNSConfig(
                headers={"apns-collapse-id": "a1", "apns-expiration": "1800000000"},
                payload=messaging.APNSPayload(
                    messaging.Aps(
                        alert=messaging.ApsAlert(title="Newydd", body="Darllenwch"), mutable_content=True, thread_id="a1"
                    )
                ),
            ),
            webpush=messaging.WebpushConfig(
                headers={"TTL": "3600"}, notification=messaging.WebpushNotification(title="Newydd", body="Darllenwch", tag="a1")
            ),
            **target,
        )


def test_the_sdk_sends_by_installation_id(emulator: Emulator, app: firebase_admin.App) -> None:
    name = messaging.send(message(fid="dQw4w9WgXcQ0123456789_"), app=app)

    assert name.startswith("projects/fingerpost-test/messages/0:")
    (phone,) = emulator.phones()
    assert (phone["kind"], phone["address"], phone["locale"]) == ("fid", "dQw4w9WgXcQ0123456789_", "cy")


def test_the_sdk_sends_by_registration_token(emulator: Emulator, app: firebase_admin.App) -> None:
    messaging.send(message(token="fid:APA91b-token"), app=app)

    assert emulator.each("a1") == [
        {"kind": "token", "address": "fid:APA91b-token", "tag": "a1", "alert": "a1", "rev": "1", "accepted": 1, "received": 1}
    ]


def test_a_dry_run_of_the_sdk_reaches_no_phone(emulator: Emulator, app: firebase_admin.App) -> None:
    assert messaging.send(message(fid="f1"), dry_run=True, app=app) == "projects/fingerpost-test/messages/fake_message_id"
    assert emulator.phones() == []
    assert emulator.counts()["by_answer"] == {"VALIDATED": 1}


def test_the_sdk_sends_a_batch(emulator: Emulator, app: firebase_admin.App) -> None:
    answers = messaging.send_each([message(fid=f"f{number}") for number in range(20)], app=app)

    assert answers.success_count == 20
    assert emulator.counts("a1")["addresses"] == 20


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("UNREGISTERED", messaging.UnregisteredError),
        ("SENDER_ID_MISMATCH", messaging.SenderIdMismatchError),
        ("THIRD_PARTY_AUTH", messaging.ThirdPartyAuthError),
        ("QUOTA", messaging.QuotaExceededError),
        ("QUOTA_PROJECT", exceptions.ResourceExhaustedError),
        ("INVALID_ADDRESS", exceptions.InvalidArgumentError),
        ("INVALID_PAYLOAD", exceptions.InvalidArgumentError),
        ("HTML_404", exceptions.NotFoundError),
    ],
)
def test_the_sdk_understands_every_planned_answer(
    emulator: Emulator, app: firebase_admin.App, answer: str, error: type[Exception]
) -> None:
    emulator.plan([{"match": {"any": True}, "answer": answer}])

    with pytest.raises(exceptions.FirebaseError) as caught:
        messaging.send(message(fid="f1"), app=app)

    assert type(caught.value) is error
    # After a 401 the SDK tries again with a new token, so there may be more than one response.
    assert set(emulator.counts("a1")["by_answer"]) == {answer}
    assert emulator.counts("a1")["accepted_total"] == 0


def test_the_sdk_gets_no_token_with_an_unknown_key(
    emulator: Emulator, sdk: Callable[[Path], firebase_admin.App], tmp_path: Path
) -> None:
    stranger = sdk(write_credentials(tmp_path, project="fingerpost-test", url=emulator.url))

    with pytest.raises(RefreshError, match="Invalid JWT Signature"):
        messaging.send(message(fid="f1"), app=stranger)

    assert emulator.counts()["messages"] == 0


def at_emulator(emulator: Emulator, app: firebase_admin.App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point the SDK's topic management, which has two URLs, at the emulator."""
    monkeypatch.setattr(messaging._MessagingService, "IID_URL", emulator.url)
    service = messaging._get_messaging_service(app)
    service._fcm_topic_url = f"{emulator.url}/v1/projects/{emulator.project}/registrations"


def test_the_sdk_subscribes_phones_to_a_topic(
    emulator: Emulator, app: firebase_admin.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_emulator(emulator, app, monkeypatch)
    emulator.plan([{"match": {"address_prefix": "gone"}, "answer": "UNREGISTERED"}])

    first = messaging.subscribe_to_topic(["t:1", "gone:2", "two words", "t:3"], "news", app=app)
    again = messaging.subscribe_to_topic("t:1", "/topics/news", app=app)
    ended = messaging.unsubscribe_from_topic(["t:3", "t:never"], "news", app=app)
    messaging.send(message(topic="news"), app=app)

    assert (first.success_count, [(error.index, error.reason) for error in first.errors]) == (
        2,
        [(1, "UNREGISTERED"), (2, "INVALID_ARGUMENT")],
    )
    assert (again.success_count, ended.success_count) == (1, 2)
    assert [phone["address"] for phone in emulator.phones()] == ["t:1"]
    assert emulator.counts("a1")["fanned_out"] == 1


def test_the_sdk_subscribes_by_the_older_api(
    emulator: Emulator, app: firebase_admin.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_emulator(emulator, app, monkeypatch)
    emulator.plan([{"match": {"address_prefix": "gone"}, "answer": "UNREGISTERED"}])

    with pytest.warns(DeprecationWarning, match="deprecated"):
        first = messaging.subscribe_to_topic_legacy(["t:1", "gone:2"], "news", app=app)
    with pytest.warns(DeprecationWarning, match="deprecated"):
        second = messaging.unsubscribe_from_topic_legacy(["t:1"], "news", app=app)

    assert [(error.index, error.reason) for error in first.errors] == [(1, "NOT_FOUND")]
    assert (first.success_count, second.success_count) == (1, 1)
    assert json.loads(emulator.get("/emulator/topics")) == {"topics": {emulator.project: {}}}
