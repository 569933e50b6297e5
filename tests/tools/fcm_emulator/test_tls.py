"""The emulator's certificate authority is valid only for the loopback names of this machine, and its keys are protected."""

from __future__ import annotations

import json
import socket
import ssl
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import pytest
from cryptography import x509
from fcm_emulator import tls
from fcm_emulator.credentials import write_credentials

from tests.processes import EMULATOR, ROOT, free_port, start_emulator

PROJECT = "fingerpost-test"


def test_only_an_https_url_creates_a_certificate(tmp_path: Path) -> None:
    write_credentials(tmp_path / "plain", project=PROJECT, url="http://127.0.0.1:1")
    path = write_credentials(tmp_path / "encrypted", project=PROJECT, url="https://127.0.0.1:1")

    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in (tmp_path / "encrypted").iterdir()}
    assert sorted(one.name for one in (tmp_path / "plain").iterdir()) == ["fingerpost-test.json", "public.json"]
    assert modes == dict.fromkeys(["ca.pem", "fingerpost-test.json", "public.json", "server.pem"], 0o600)
    assert json.loads(path.read_text())["token_uri"] == "https://127.0.0.1:1/token"


def test_the_authority_signs_only_loopback_names_and_its_key_is_gone(tmp_path: Path) -> None:
    tls.ensure_certificate(tmp_path)

    authority = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    assert constraints.value.permitted_subtrees is not None
    assert sorted(str(one.value) for one in constraints.value.permitted_subtrees) == ["127.0.0.1/32", "::1/128", "localhost"]
    assert b"PRIVATE" not in (tmp_path / "ca.pem").read_bytes()
    assert (tmp_path / "server.pem").read_bytes().count(b"PRIVATE KEY") == 2
    server = x509.load_pem_x509_certificate((tmp_path / "server.pem").read_bytes())
    server.verify_directly_issued_by(authority)


def test_a_certificate_is_kept_until_it_is_about_to_expire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls.ensure_certificate(tmp_path)
    first = (tmp_path / "ca.pem").read_bytes()
    tls.ensure_certificate(tmp_path)
    second = (tmp_path / "ca.pem").read_bytes()
    monkeypatch.setattr(tls, "RENEW_BEFORE", timedelta(days=400))
    tls.ensure_certificate(tmp_path)

    server = x509.load_pem_x509_certificate((tmp_path / "server.pem").read_bytes())
    assert first == second != (tmp_path / "ca.pem").read_bytes()
    assert server.not_valid_after_utc > datetime.now(UTC) + timedelta(days=360)


def test_both_protocols_are_offered_to_clients_that_trust_the_authority(tmp_path: Path) -> None:
    emulator = start_emulator(tmp_path, tls=True)
    try:
        assert emulator.environment["FCM_CA_BUNDLE"] == str(emulator.ca_bundle)
        assert emulator.environment["FCM_ENDPOINT"].startswith("https://")
        assert json.loads(emulator.get("/healthz")) == {"ok": True}
        assert [agreed(emulator.url, emulator.ca_bundle, *offer) for offer in (["http/1.1", "h2"], ["http/1.1"], [])] == [
            "h2",
            "http/1.1",
            None,
        ]
        with pytest.raises(URLError, match="CERTIFICATE_VERIFY_FAILED"):
            build_opener(ProxyHandler({})).open(emulator.url + "/healthz", timeout=10)
    finally:
        emulator.stop()


def agreed(url: str, ca_bundle: Path | None, *offer: str) -> str | None:
    context = ssl.create_default_context(cafile=str(ca_bundle))
    if offer:
        context.set_alpn_protocols(offer)
    # By host name, which the certificate contains, too.
    plain = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=10)
    with context.wrap_socket(plain, server_hostname="localhost") as wire:
        return wire.selected_alpn_protocol()


def test_tls_without_a_certificate_names_the_command(tmp_path: Path) -> None:
    write_credentials(tmp_path, project=PROJECT, url="http://127.0.0.1:1")
    command = [*EMULATOR, "serve", "--tls", "--credentials", str(tmp_path), "--port", str(free_port())]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)

    assert done.returncode == 1
    assert "Run the credentials command with an https url first." in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("option", [["--quota", "many"], ["--check-every", "0"], ["--quota", "-1"], ["--goaway-after", "x"]])
def test_an_option_that_is_not_a_number_is_rejected(tmp_path: Path, option: list[str]) -> None:
    command = [*EMULATOR, "serve", "--credentials", str(tmp_path), *option]

    assert subprocess.run(command, cwd=ROOT, capture_output=True, timeout=30, check=False).returncode == 2
