"""Campaign texts are shown as they are typed, so signs of Markdown are refused in them."""

from __future__ import annotations

import pytest

from notifications.campaigns.checks.words import word_problems
from notifications.campaigns.plain_text import markup_faults
from tests import make


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("**Do not pay.**", "**"),
        ("Do *not* pay.", "*not*"),
        ("Do _not_ pay.", "_not_"),
        ("__Do not pay.__", "__"),
        ("Type `stop`.", "`"),
        ("First.\n## What to do\nTalk.", "##"),
        ("> They said so.", ">"),
    ],
)
def test_a_sign_of_markdown_is_refused_with_what_to_do(text: str, signs: str) -> None:
    (fault,) = markup_faults(text)

    assert fault.refuses
    assert fault.detail.startswith(f"The text is shown as it is typed: “{signs}” would stay in it. Remove the signs")


@pytest.mark.parametrize("text", ["Do this:\n- talk\n- report", "5 * 4", "* Conditions apply", "it’s up to you :)"])
def test_plain_text_is_left_alone(text: str) -> None:
    assert markup_faults(text) == []


@pytest.mark.django_db
def test_markdown_is_a_problem_of_its_text_and_never_offered() -> None:
    english = make.definition()["messages"]["en"]
    texts = {"en": english | {"inner": {"title": "**Do not pay**", "body": "Call <b>now</b>."}}}
    draft = make.campaign(state="draft", messages=texts)

    found = {problem.field.rpartition(".")[2]: problem.detail for problem in word_problems(draft)}

    assert found.keys() == {"title", "body"}
    assert "Title in the app in English: The text is shown as it is typed: “**” would stay in it." in found["title"]
    assert "it cannot contain HTML" in found["body"]
    assert "Markdown" not in " ".join(found.values())
