"""Workers with an authorized key sign the manifest whenever its contents change, and each day."""

from __future__ import annotations

import gzip
import io
import json
import logging
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from content import tasks
from content.models import Manifest, Release
from content.models.manifest import NotSigned
from content.publishing import signing, signing_keys
from content.publishing.verify import COUNTRY_MANIFEST, decode, verify_manifest, verify_pack
from core.canonical import digest
from tests import make
from tests.make import NOON
from tests.processes import ROOT
from tests.signing import Signer


def run(*arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue().strip().splitlines()[-1])


@pytest.fixture
def published(db: None) -> Release:
    return make.small_release()


def test_a_client_can_verify_the_manifest_and_each_pack(published: Release, signer: Signer) -> None:
    signed = signing.sign_if_due(at=NOON)

    assert signed is not None
    manifest = verify_manifest(signed.body, signer.root.public, last_number=None, now=NOON)
    assert manifest.release == published.number
    assert set(manifest.packs) == {(c, own) for c in ("GB", "ZZ") for own in published.locales()}
    _, body = make.pack_body(published, "GB", "cy") or ("", "")
    assert verify_pack(body.encode(), manifest, "GB", "cy")["locale"] == "cy"
    assert manifest.expires - manifest.issued == timedelta(days=7)


def test_the_manifest_of_a_locale_is_about_a_kilobyte_however_many_there_are(signer: Signer) -> None:
    locales = [row["code"] for row in json.loads((ROOT / "content/facts/locales.json").read_text(encoding="utf-8"))]
    countries = ["GB", *(f"{first}{second}" for first in "ABCD" for second in "EFGHIJKLMN"), "ZZ"]
    packs: list[signing.ManifestPack] = [
        # A digest is random, and does not compress.
        {"country": country, "locale": tag, "digest": digest(f"{country}{tag}".encode()), "size": 153_000}
        for country in countries
        for tag in locales
    ]
    apps: dict[str, signing.AppVersion] = {"parent": {"recommended": "1.4.0"}, "teen": {"recommended": "1.4.0"}}
    whole: signing.ManifestContent = {
        "v": 1,
        "release": 412,
        "min_release": 398,
        "packs": packs,
        "withdrawn": [],
        "apps": apps,
    }
    key = signing_keys.read_key(signer.path)
    dates = {"issued": "2026-12-01T12:00:00Z", "expires": "2026-12-08T12:00:00Z"}

    of_country = signing.by_country(whole, signer.path.with_name(signing_keys.DOCUMENT).read_text().strip())["GB"]
    of_locale = signing.by_locale(of_country)["cy"]

    sizes = [
        len(gzip.compress(key.sign({**one, **dates}, kind=COUNTRY_MANIFEST).encode(), 6, mtime=0))
        for one in (of_locale, of_country)
    ]
    assert len(locales) >= 26
    assert 1000 < sizes[0] < 1150
    assert sizes[1] > 2600


def test_it_is_signed_again_each_day_and_not_before(published: Release, signer: Signer) -> None:
    first = signing.sign_if_due(at=NOON)

    assert signing.sign_if_due(at=NOON + timedelta(hours=23, minutes=59)) is None
    again = signing.sign_if_due(at=NOON + timedelta(days=1))
    assert first is not None
    assert again is not None
    assert again.expires_at - first.expires_at == timedelta(days=1)
    assert Manifest.objects.newest() == again


def test_a_new_release_is_signed_at_once(published: Release, signer: Signer) -> None:
    signing.sign_if_due(at=NOON)
    make.tip("new")
    second = make.release()

    signed = signing.sign_if_due(at=NOON + timedelta(minutes=1))

    assert signed is not None
    assert signed.release == second


def test_a_rotation_is_signed_at_once(published: Release, signer: Signer) -> None:
    signing.sign_if_due(at=NOON)
    signer.rotate(retire_old=True)

    signed = signing.sign_if_due(at=NOON + timedelta(minutes=1))

    assert signed is not None
    assert verify_manifest(signed.body, signer.root.public, last_number=None, now=NOON).keys_version == 2


def test_before_the_first_release_there_is_nothing_to_sign(db: None, signer: Signer) -> None:
    assert signing.sign_if_due(at=NOON) is None
    with pytest.raises(NotSigned):
        Manifest.objects.newest()


def test_without_a_key_nothing_is_signed_and_the_error_says_so(published: Release) -> None:
    with pytest.raises(signing.NoKey, match="Only workers"):
        signing.sign_if_due(at=NOON)


def test_a_key_that_clients_would_refuse_does_not_sign(published: Release, signer: Signer) -> None:
    signer.path.unlink()
    signing_keys.new_key(signer.path)

    with pytest.raises(signing.NoKey, match="root has not authorized"):
        signing.sign_if_due(at=NOON)
    assert not Manifest.objects.exists()


def test_an_expired_key_does_not_sign(published: Release, signer: Signer) -> None:
    with pytest.raises(signing.NoKey, match="not valid when"):
        signing.sign_if_due(at=NOON + timedelta(days=4000))


def test_a_missing_key_document_is_reported(published: Release, signer: Signer) -> None:
    signer.path.with_name(signing_keys.DOCUMENT).unlink()

    with pytest.raises(signing.NoKey, match=r"keys\.jws"):
        signing.sign_if_due(at=NOON)


def test_the_manifest_recommends_app_versions(published: Release, signer: Signer, settings: Any) -> None:
    settings.APP_VERSIONS = {"parent": "1.4.0"}

    signed = signing.sign_if_due(at=NOON)

    assert signed is not None
    assert json.loads(decode(signed.body.split(".")[1]))["apps"] == {"parent": {"recommended": "1.4.0"}}


def test_the_key_set_lists_public_keys_only(published: Release, signer: Signer) -> None:
    signed = signing.sign_if_due(at=NOON)
    assert signed is not None

    listed = signing.jwks(signed.body)

    assert [key["kid"] for key in listed["keys"]] == [signing_keys.read_key(signer.path).kid]
    assert {"d", "k"}.isdisjoint(listed["keys"][0])


def test_a_signed_manifest_never_changes(published: Release, signer: Signer) -> None:
    signing.sign_if_due(at=NOON)

    with pytest.raises(DatabaseError), transaction.atomic():
        Manifest.objects.update(body="a.b." + "c" * 86)


def test_old_manifests_are_deleted_and_the_newest_never(published: Release, signer: Signer) -> None:
    for days in (0, 1, 20):
        signing.sign_if_due(at=NOON + timedelta(days=days))

    assert Manifest.objects.count() == 1
    assert Manifest.objects.delete_old(at=NOON + timedelta(days=900)) == 0


# The periodic task.


def test_the_alarm_is_logged_at_half_the_validity(published: Release, signer: Signer, caplog: pytest.LogCaptureFixture) -> None:
    signing.sign_if_due(at=NOON)

    assert signing.alarm(at=NOON + timedelta(days=3, hours=11)) is False
    assert not caplog.records
    assert signing.alarm(at=NOON + timedelta(days=3, hours=12)) is True
    assert "expires in 3.5 days" in caplog.text
    assert caplog.records[-1].levelno == logging.ERROR


def test_the_task_signs_and_a_second_run_does_nothing(published: Release, signer: Signer) -> None:
    tasks.sign_manifest(added_by_a_newer_version=True)
    tasks.sign_manifest()

    assert Manifest.objects.count() == 1


def test_the_task_on_a_worker_without_a_key_logs_it_and_continues(published: Release, caplog: pytest.LogCaptureFixture) -> None:
    tasks.sign_manifest()

    assert "not signed" in caplog.text


def test_of_two_concurrent_workers_one_signs(at_once: Any, signer: Signer) -> None:
    make.small_release()

    answers = at_once(*[lambda: signing.sign_if_due(at=NOON)] * 2)

    assert len([answer for answer in answers if isinstance(answer, Manifest)]) == 1
    assert [answer for answer in answers if not isinstance(answer, Manifest)] == [None]


# Keys from the command line.


def test_keys_are_created_authorized_and_rotated_by_command(published: Release, tmp_path: Path, settings: Any) -> None:
    root, first, second, document = (tmp_path / name for name in ("root.pem", "one.pem", "two.pem", signing_keys.DOCUMENT))
    pinned = decode(run("signing", "new-root", str(root))["public"])
    one, two = run("signing", "new-key", str(first)), run("signing", "new-key", str(second))
    run("signing", "rotate", "--root", str(root), "--document", str(document), f"--key={one['public']}")
    settings.PACK_SIGNING_KEY = str(first)
    before = run("signing", "sign")

    rotated = ["--root", str(root), "--document", str(document), f"--key={two['public']}", "--retire", one["kid"]]
    run("signing", "rotate", *rotated)
    with pytest.raises(CommandError, match="root has not authorized its key"):
        run("signing", "sign")
    settings.PACK_SIGNING_KEY = str(second)
    after = run("signing", "sign")

    assert (before["signed"], after["signed"]) == (True, True)
    newest = Manifest.objects.newest()
    assert verify_manifest(newest.body, pinned, last_number=published.number, now=newest.issued_at, last_keys=1).keys_version == 2
    for path in (root, first, second, document):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    run("signing", "new-root", str(tmp_path / "root.pem"))
    before = (tmp_path / "root.pem").read_bytes()

    with pytest.raises(CommandError, match="never overwritten"):
        run("signing", "new-root", str(tmp_path / "root.pem"))

    assert (tmp_path / "root.pem").read_bytes() == before


def test_an_impossible_rotation_is_refused_with_one_sentence(tmp_path: Path) -> None:
    root, other, document = tmp_path / "root.pem", tmp_path / "other.pem", tmp_path / signing_keys.DOCUMENT
    key = run("signing", "new-key", str(tmp_path / "key.pem"))
    run("signing", "new-root", str(root))
    run("signing", "new-root", str(other))

    def refused(*arguments: str, by: Path = root) -> str:
        with pytest.raises(CommandError) as error:
            run("signing", "rotate", "--root", str(by), "--document", str(document), *arguments)
        return str(error.value)

    assert "No key would be left" in refused()
    assert "32 bytes" in refused("--key=short")
    assert "does not list" in refused("--retire", "nobody")
    assert "Ed25519 key in PEM" in refused(f"--key={key['public']}", by=tmp_path / "nothing.pem")
    run("signing", "rotate", "--root", str(root), "--document", str(document), f"--key={key['public']}")
    assert "already lists" in refused(f"--key={key['public']}")
    assert "not signed by this root" in refused("--retire", key["kid"], by=other)
