"""Every fenced block of every document is run or compared by a test that is named here, or here is why it cannot be."""

from __future__ import annotations

import ast
import re
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.doc_samples import ROOT, blocks_of

_JOURNEY, _SAMPLES = "tests/test_journey.py", "tests/tools/docs/test_samples.py"
_TYPED = "tests/guards/test_operations_page.py::test_every_management_command_of_a_block_can_be_typed_as_it_is"
_CLIENTS, _EMULATOR = "docs/clients/README.md", "tools/fcm_emulator/README.md"

#: Documents whose blocks of the language `sh` are typed in their order, in one shell, against a running server.
IN_ORDER = {
    "docs/tutorial.md": f"{_JOURNEY}::test_every_sample_of_the_tutorial_works",
    "docs/app-developers.md": f"{_JOURNEY}::test_every_sample_for_app_developers_works",
    "docs/choosing-a-pack.md": f"{_JOURNEY}::test_every_sample_for_app_developers_works",
    "docs/first-operation.md": f"{_JOURNEY}::test_every_sample_of_a_tutorial_for_those_who_run_it_works",
    "docs/first-inspection.md": f"{_JOURNEY}::test_every_sample_of_a_tutorial_for_those_who_run_it_works",
}
#: (document, heading, language) → the test that runs all such blocks, or compares them with what the code makes.
RUN = {
    ("docs/api.md", "Problems", "json"): f"{_SAMPLES}::test_the_problem_of_the_api_page_is_what_the_server_answers",
    # The verbs and options, with values in place of names and numbers of campaigns that do not exist.
    ("docs/campaign-staff.md", "From the command line", "sh"): _TYPED,
    ("docs/campaign-staff.md", "From the command line", "yaml"): (
        f"{_SAMPLES}::test_the_campaign_file_for_staff_makes_a_campaign"
    ),
    (_CLIENTS, "TypeScript", "sh"): (
        "tests/api/clients/test_openapi_typescript.py::test_a_client_of_openapi_typescript_has_a_whole_day"
    ),
    (_CLIENTS, "TypeScript", "ts"): "tests/api/clients/test_openapi_typescript.py::test_the_sample_compiles",
    (_CLIENTS, "Lists of open data", "ts"): "tests/api/clients/test_openapi_typescript.py::test_the_sample_compiles",
    (_CLIENTS, "Lists of open data", "python"): (
        "tests/api/clients/test_openapi_python_client.py::test_the_sample_tells_a_page_of_open_data_from_lines"
    ),
    (_CLIENTS, "Python", "sh"): (
        "tests/api/clients/test_openapi_python_client.py::test_a_client_of_openapi_python_client_has_a_whole_day"
    ),
    (_CLIENTS, "Kotlin, Swift, Dart", "sh"): (
        "tests/api/clients/test_openapi_generator.py::test_the_documented_command_generates_a_client"
    ),
    ("docs/editors.md", "Taking something away at once", "sh"): _TYPED,
    ("docs/kubernetes.md", "What has to be there", "sh"): (
        "tests/guards/test_kubernetes.py::test_the_commands_of_the_page_name_what_the_manifests_have"
    ),
    ("docs/kubernetes.md", "Install and upgrade", "sh"): (
        "tests/guards/test_kubernetes.py::test_the_commands_of_the_page_name_what_the_manifests_have"
    ),
    ("docs/kubernetes.md", "Restore", "sh"): (
        "tests/guards/test_kubernetes.py::test_the_commands_of_the_page_name_what_the_manifests_have"
    ),
    # The commands of the product, and those of compose by what it knows.
    ("docs/operations.md", "Before the first day", "sh"): _TYPED,
    ("docs/operations.md", "Push modes", "sh"): _TYPED,
    ("docs/operations.md", "App Check", "ini"): (f"{_SAMPLES}::test_the_list_of_firebase_apps_on_the_page_for_operators_is_one"),
    ("docs/push.md", "A fixture", "json"): (
        f"{_SAMPLES}::test_the_fixture_of_the_push_page_is_an_extract_of_the_one_that_it_names"
    ),
    ("docs/runbook.md", "Runbook", "yaml"): "tests/api/test_alarms.py::test_prometheus_accepts_the_configuration_of_the_runbook",
    ("docs/verifying.md", "Documents", "json"): f"{_SAMPLES}::test_the_manifests_of_the_page_have_the_members_of_real_ones",
    (
        "kit/resolver/README.md",
        "fingerpost-resolver",
        "js",
    ): "tests/kit/test_resolver.py::test_the_sample_of_its_page_makes_a_plan",
    ("kit/resolver/README.md", "Conformance kit", "console"): "tests/kit/test_resolver.py::test_every_vector_agrees",
    (_EMULATOR, "FCM emulator", "sh"): f"{_SAMPLES}::test_the_commands_of_the_emulators_page_start_it",
    (_EMULATOR, "Connect a sender", "python"): f"{_SAMPLES}::test_the_setting_of_firebase_admin_is_one_that_it_has",
    (_EMULATOR, "Fault plan", "json"): f"{_SAMPLES}::test_the_fault_plan_of_the_emulators_page_is_taken",
    (_EMULATOR, "In a test", "python"): f"{_SAMPLES}::test_the_test_of_the_emulators_page_runs",
}
#: The one line of a tutorial that starts everything: its reader waits for it.
START = "$ ./run\n"
STARTED_BY = f"{_JOURNEY}::test_a_second_start_keeps_the_database_and_sends_no_campaign"
#: The language `mermaid`: drawn as pictures, which a changed diagram no longer fits.
DRAWN_BY = "tests/tools/docs/test_site.py::test_diagrams_are_pictures_with_words_for_those_who_do_not_see_them"
#: (document, heading, language) → why no test runs it.
NOT_RUN = {
    ("README.md", "Try it", "sh"): (
        "The clone has no address here. The two commands are those with which the journey and CI begin."
    ),
    ("docs/measurements/security.md", "Does an edit get past an approval?", "sh"): (
        "A measurement of 28 seconds; every run makes 600 of its 10,000 attempts."
    ),
    ("docs/measurements/security.md", "Does a flood of invented questions change an alert?", "sh"): (
        "A measurement of minutes; every run of all tests sends 10,000 of its 100,000 questions."
    ),
    ("docs/measurements/tests.md", "The tests themselves", "sh"): "A measurement of the whole suite, which cannot run in itself.",
}
#: Where blocks without a language are output of a measurement.
MEASUREMENTS = "docs/measurements/"


@cache
def found() -> Counter[tuple[str, str, str]]:
    """Return how many blocks of a language there are below a heading of a document, without what others account for."""
    names = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    blocks = Counter[tuple[str, str, str]]()
    for name in names:
        if name.startswith("tests/standards/"):
            continue
        for one in blocks_of(ROOT / name):
            is_output = name.startswith(MEASUREMENTS) and not one.language
            is_in_order = name in IN_ORDER and one.language == "sh"
            if not (is_output or is_in_order or one.language == "mermaid" or one.text == START):
                blocks[name, one.heading, one.language] += 1
    return blocks


def test_every_block_is_run_by_a_test_or_has_a_reason() -> None:
    assert sorted(found().keys() - RUN.keys() - NOT_RUN.keys()) == []


def test_no_entry_is_about_a_block_that_is_gone() -> None:
    assert sorted((RUN.keys() | NOT_RUN.keys()) - found().keys()) == []
    assert RUN.keys() & NOT_RUN.keys() == set()
    for name in IN_ORDER:
        assert any(one.language == "sh" for one in blocks_of(ROOT / name))


@pytest.mark.parametrize("name", sorted({*IN_ORDER.values(), *RUN.values(), STARTED_BY, DRAWN_BY}))
def test_the_named_test_exists(name: str) -> None:
    file, _, function = name.partition("::")

    assert function in {one.name for one in ast.parse(_text(file)).body if isinstance(one, ast.FunctionDef)}


@pytest.mark.parametrize(
    ("document", "test"),
    sorted({(key[0], test) for key, test in RUN.items() if test != _TYPED} | set(IN_ORDER.items())),
)
def test_the_test_reads_the_document(document: str, test: str) -> None:
    source = _text(test.partition("::")[0])

    # A folder of documents in one constant, and the name of one beside it, are as good.
    assert document in source or re.search(rf'"{re.escape(Path(document).stem)}(\.md)?"', source)


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")
