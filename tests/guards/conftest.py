"""The role that the running product has in production, which the database must refuse what it refuses anybody."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import connection

from core import database_roles

RUNTIME_ROLE = "fingerpost_runtime"


@pytest.fixture
def raw_sql(raw_sql: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """Return a connection outside Django that acts as the role of the running product."""
    with connection.cursor() as cursor:
        database_roles.grant(cursor, RUNTIME_ROLE)
    raw_sql.execute(f"SET ROLE {RUNTIME_ROLE}")
    return raw_sql
