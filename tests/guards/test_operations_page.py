"""Commands in the documents exist with their verbs and options, and the page for operators is followed to the letter."""

from __future__ import annotations

import re
import shlex
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class
from ruamel.yaml import YAML

from content.models import Manifest, Release
from content.models.release import ReleaseState
from core.models import User
from notifications.campaigns.progress import progress_of
from notifications.models import App
from tests import make
from tools.sandbox.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [path for folder in ("", "docs") for path in sorted((ROOT / folder).glob("*.md")) if path.name != "CHANGELOG.md"]
OPERATIONS = ROOT / "docs/operations.md"
SERVICES: dict[str, Any] = YAML(typ="safe").load(ROOT / "docker/compose.yaml")["services"]
PRODUCT = {name for name, app in get_commands().items() if str(app) in {"api", "content", "core", "notifications"}}
#: What a management command is called with on the page.
_BEFORE = re.compile(r"^(?:.*\brun --rm (?P<service>\w+) manage |(?:.* )?(?:python )?manage\.py |\./run manage )")
_ENDS_A_COMMAND = {"|", "||", "&&", ">", "#", ";"}


def snippets(text: str) -> Iterator[tuple[str, bool]]:
    """Yield what a document has as code, and whether it is a line of a block, which is typed as it is."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S)
    for block in blocks:
        for line in block.replace("\\\n", " ").splitlines():
            yield line.strip(), True
    outside = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    for span in re.findall(r"`([^`]+)`", outside):
        yield " ".join(span.split()), False


def words_of(command: str) -> list[str]:
    """Return the words of a command up to the end of its line or the first sign of the shell."""
    try:
        words = shlex.split(command, comments=False)
    except ValueError:
        words = command.split()
    return words[: next((number for number, word in enumerate(words) if word in _ENDS_A_COMMAND), len(words))]


def management_commands(path: Path) -> Iterator[tuple[list[str], bool]]:
    """Yield the words of each management command that a document names, and whether it stands in a block."""
    for snippet, in_block in snippets(path.read_text(encoding="utf-8")):
        found = _BEFORE.match(snippet)
        words = words_of(snippet[found.end() :] if found else snippet)
        if found and words:
            yield words, in_block
        elif not in_block and len(words) > 1 and words[0] in PRODUCT:
            yield words, False


def faults(words: list[str]) -> Iterator[str]:
    """Yield a sentence for each word of a command that the command does not know."""
    name, *rest = words
    if name not in get_commands():
        yield f"there is no command {name}"
        return
    parsers: list[ArgumentParser] = [parser_of(name)]
    for word in rest:
        verbs = next((dict(one.choices) for one in parsers[-1]._actions if isinstance(one, _SubParsersAction)), {})
        if word.startswith("--"):
            option = word.partition("=")[0]
            if not any(option in parser._option_string_actions for parser in parsers):
                yield f"{name} has no option {option}"
        elif word in verbs:
            parsers.append(verbs[word])
        elif verbs and word.islower():
            # "pause|resume" means one of the two.
            yield from (f"{name} has no verb {verb}" for verb in word.split("|") if verb not in verbs)
            parsers.append(verbs.get(word.partition("|")[0], parsers[-1]))


def parser_of(name: str) -> ArgumentParser:
    app = get_commands()[name]
    command = load_command_class(app, name) if isinstance(app, str) else app
    return command.create_parser("manage.py", name)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_management_command_exists_with_its_verb_and_options(path: Path) -> None:
    assert [(" ".join(words), fault) for words, _ in management_commands(path) for fault in faults(words)] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_management_command_of_a_block_can_be_typed_as_it_is(path: Path) -> None:
    refused = []
    for words, in_block in management_commands(path):
        if in_block:
            first = [word.partition("|")[0] for word in words]
            try:
                parser_of(first[0]).parse_args(first[1:])
            except CommandError as error:
                refused.append((" ".join(words), str(error)))

    assert refused == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_of_run_and_every_service_of_compose_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    code = [snippet for snippet, _ in snippets(text)]

    named = {found[1] for snippet in code if (found := re.match(r"\./run ([a-z-]+)", snippet))}
    services = {found[1] for snippet in code if (found := re.search(r"\brun --rm (\w+)", snippet))}
    profiles = {found[1] for snippet in code if (found := re.search(r"--profile (\w+)", snippet))}
    assert named - COMMANDS.keys() == set()
    assert services - SERVICES.keys() == set()
    assert profiles - {profile for one in SERVICES.values() for profile in one.get("profiles", ())} == set()


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        ("campaign halt 7", "campaign has no verb halt"),
        ("backup FOLDER --newest 3", "backup has no option --newest"),
        ("backups FOLDER", "there is no command backups"),
        ("signing rotate --key=PUBLIC --forget KID", "signing has no option --forget"),
    ],
)
def test_the_guard_finds_a_command_that_is_not_so(command: str, fault: str) -> None:
    assert list(faults(command.split())) == [fault]


class PageForOperators:
    """Types the commands of docs/operations.md as they are there, with the capital words replaced."""

    def __init__(self) -> None:
        self.commands = [" ".join(words) for words, _ in management_commands(OPERATIONS)]

    def type(self, beginning: str, **given: str) -> str:
        """Run the longest command that begins like this; return what it prints."""
        found = [command for command in self.commands if command.startswith(beginning)]
        assert found, f"the page has no command that begins with {beginning}"
        typed = max(found, key=len)
        for name, value in given.items():
            assert re.search(rf"\b{name}\b", typed), (name, typed)
            typed = re.sub(rf"\b{name}\b", value, typed)
        out = StringIO()
        call_command(*shlex.split(typed), stdout=out, stderr=StringIO())
        return out.getvalue()


@pytest.fixture
def page(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PageForOperators:
    # Its commands need no token then.
    settings.SANDBOX = True
    # Some of them write files.
    monkeypatch.chdir(tmp_path)
    return PageForOperators()


@pytest.mark.django_db
def test_keys_of_the_manifest_are_made_as_the_page_says(page: PageForOperators, tmp_path: Path, settings: Any) -> None:
    make.small_content()
    release = make.release()

    page.type("signing new-root root.pem")
    public = page.type("signing new-key release.pem").strip().rpartition("--key=")[2]
    page.type("signing rotate --root", PUBLIC=public)
    settings.PACK_SIGNING_KEY = str(tmp_path / "release.pem")
    signed = page.type("signing sign")

    assert f"The manifest of release {release.number} is signed." in signed
    assert Manifest.objects.count() > 0
    assert {path.name for path in tmp_path.iterdir()} == {"root.pem", "release.pem", "keys.jws"}


@pytest.mark.django_db
def test_the_first_day_goes_as_the_page_says(page: PageForOperators, settings: Any) -> None:
    make.small_content()
    for name in ("anna", "bert"):
        page.type("staff add NAME", NAME=name)
    make.person("carl", "publisher")
    make.person("dora", "publisher")

    settings.FIREBASE_PROJECTS = {"fingerpost-test": "account.json"}
    assert page.type("load_apps").startswith("Apps created: parent, teen")
    assert App.objects.filter(test=False).count() == 2
    page.type("release compile --by A", A="carl")
    page.type("release publish --by B", B="dora")

    assert Release.objects.get().state == ReleaseState.PUBLISHED
    listed = page.type("staff list")
    assert "anna" in listed
    assert "bert" in listed
    page.type("staff password NAME", NAME="anna")
    page.type("staff reset NAME", NAME="bert")
    page.type("staff disable NAME", NAME="carl", ADMINISTRATOR="anna")
    assert not User.objects.get(username="carl").is_active


@pytest.mark.django_db(transaction=True)
def test_what_an_operator_does_in_trouble_works_as_it_is_typed(page: PageForOperators) -> None:
    campaign, other = make.campaign(), make.campaign(name="Other")
    by = make.campaign_staff()[1].username

    page.type("campaign stop ID", ID=str(campaign.pk), NAME=by)
    page.type("hold_in_flight --by NAME", NAME=by)
    page.type("put_back --since", NAME=by)
    texts = [page.type(command) for command in ("audit", "restore_check", "reseal --status")]

    assert (progress_of(campaign)["state"], progress_of(other)["state"]) == ("stopped", "held")
    assert all(texts)
