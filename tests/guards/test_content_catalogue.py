"""Promise 1, checked in PostgreSQL's catalogue: no column of content can hold a file or an image."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection, models


@pytest.mark.django_db
def test_promise_1_no_column_of_content_can_hold_bytes() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.relname, a.attname, t.typname FROM pg_attribute a
            JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
            WHERE c.relkind = 'r' AND c.relname LIKE 'content\\_%' AND a.attnum > 0 AND NOT a.attisdropped
            """
        )
        columns = cursor.fetchall()

    assert len(columns) > 100
    assert [column for column in columns if column[2] in {"bytea", "_bytea", "oid", "lo", "_oid", "xml"}] == []


def test_promise_1_no_field_of_content_is_a_file() -> None:
    fields = [field for model in apps.get_app_config("content").get_models() for field in model._meta.get_fields()]

    assert not [field for field in fields if isinstance(field, models.FileField | models.BinaryField | models.FilePathField)]
