"""Texts for people are found in Python files and templates, and what is wrong with them is named."""

from __future__ import annotations

import ast

import pytest

from tools.lint.prose import findings_in_prose, findings_in_texts
from tools.lint.texts import all_texts, texts_in_python, texts_in_template


def python_texts(code: str) -> list[str]:
    return [text.text for text in texts_in_python("app/a.py", ast.parse(code))]


def template_texts(source: str) -> list[tuple[int, str]]:
    return [(text.line, text.text) for text in texts_in_template("app/a.html", source)]


def wrong(code: str = "", template: str = "") -> list[str]:
    found = findings_in_texts({"app/a.py": ast.parse(code)}, {"app/a.html": template})
    return [finding.text.rpartition(": ")[2] for finding in found]


def test_sentences_are_texts_and_keys_documentation_and_sql_are_not() -> None:
    code = '''
"""The module is documented here."""
def f():
    """Return the thing."""
    raise Invalid("The number is too long.")
    key = "status"
    sql = "SELECT a FROM b WHERE c"
'''

    assert python_texts(code) == ["The number is too long."]


def test_the_docstring_of_an_error_is_a_text() -> None:
    assert python_texts('class SecondPersonRequired(Conflict):\n    """A second person is required."""') == [
        "A second person is required."
    ]
    assert python_texts('class Release(Model):\n    """A set of packs."""') == []


def test_a_value_that_is_filled_in_keeps_its_place() -> None:
    assert python_texts('say(f"{name} is unknown, and {len(names)} are known.")') == ["… is unknown, and … are known."]


def test_each_block_of_a_template_is_a_text_at_its_own_line() -> None:
    source = """<h1>{{ title }} is
 open</h1>
{# a comment that nobody reads #}
<p>Choose <b>one</b> of these.</p><p>{% if x %}Or none.{% endif %}</p>
<input placeholder="Any word" type="text"><script>let a = "no text at all";</script>
"""

    assert sorted(template_texts(source)) == [
        (1, "… is open"),
        (4, "Choose one of these."),
        (4, "Or none."),
        (5, "Any word"),
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "It cannot be answered just now.",
        "This is closed for a moment.",
        "They are kept.",
        "Those were taken away.",
        "It's gone now.",
    ],
)
def test_a_text_that_begins_with_a_bare_pronoun_is_found(sentence: str) -> None:
    assert wrong(f'raise Invalid("{sentence}")') == ["begins with a pronoun; name the thing"]
    assert wrong(template=f"<p>{sentence}</p>") == ["begins with a pronoun; name the thing"]


@pytest.mark.parametrize(
    "sentence",
    [
        "This app uses another push mode here.",
        "Those fields are empty.",
        "Italy is a country.",
        "The link expired. It lasted a day.",
    ],
)
def test_a_text_with_a_subject_is_left_alone(sentence: str) -> None:
    assert wrong(f'raise Invalid("{sentence}")') == []


@pytest.mark.parametrize(
    "sentence", ["Whoever has the link can answer.", "Put it aside", "What speaks for a look", "The id stands twice."]
)
def test_a_banned_word_in_a_text_is_found(sentence: str) -> None:
    assert len(wrong(f'label = "{sentence}"')) == 1


def test_a_letter_that_stands_for_a_word_may_say_so() -> None:
    assert wrong('help = "HSDS stands for Human Services Data Specification"') == []


def test_banned_words_are_found_in_docstrings_comments_and_documents_with_their_lines() -> None:
    code = '"""Turn\nthe crank."""\nx = 1\n# Whoever reads this.\ny = "whoever"  # a string is a text, not prose\n'
    found = findings_in_prose(
        {"app/a.py": code}, {"docs/a.md": "All are alike.\n\n```\nalike\n```\n`whoever` is code, whoever is not.\n"}
    )

    assert [(one.path, one.line) for one in found] == [("app/a.py", 4), ("app/a.py", 2), ("docs/a.md", 1), ("docs/a.md", 6)]


def test_every_text_of_every_file_is_read() -> None:
    found = all_texts({"a.py": ast.parse('x = "one text here"')}, {"b.html": "<p>another text</p>"})

    assert [(text.path, text.text) for text in found] == [("a.py", "one text here"), ("b.html", "another text")]


def test_the_help_text_of_a_column_is_a_comment_and_that_of_a_form_is_a_text() -> None:
    code = 'field = models.IntegerField(help_text="It is counted from one.")'

    assert list(texts_in_python("app/models/tip.py", ast.parse(code))) == []
    assert len(list(texts_in_python("app/console/tips.py", ast.parse(code)))) == 1
