"""The rules of the database as it states them itself: constraints, triggers, indexes and functions, each with its definition."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pgtrigger
from django.apps import apps
from django.db import connection
from django.db.models import Model

from core import triggers

# Of the schema public alone. NOT NULL is a constraint of its own from PostgreSQL 18 on, and a column's before; it is left out.
_READ = """
    SELECT 'constraint ' || conrelid::regclass || '.' || conname,
           pg_get_constraintdef(oid) || CASE WHEN convalidated THEN '' ELSE ' NOT VALID' END
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
    UNION ALL
    SELECT 'trigger ' || tgrelid::regclass || '.' || tgname, tgenabled::text || ' ' || pg_get_triggerdef(t.oid)
    FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid WHERE relnamespace = 'public'::regnamespace AND NOT tgisinternal
    UNION ALL
    SELECT 'index ' || indexrelid::regclass, pg_get_indexdef(indexrelid) || CASE WHEN indisvalid THEN '' ELSE ' INVALID' END
    FROM pg_index i JOIN pg_class c ON c.oid = indexrelid WHERE relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'function ' || p.oid::regprocedure, md5(prosrc) FROM pg_proc p
    WHERE pronamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    UNION ALL
    SELECT 'table ' || oid::regclass, relkind::text FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S', 'v')
"""

#: Such as ::text, ::character varying(40) or ::text[].
_CAST = re.compile(r'::"?[a-z](?:[a-z0-9_ ]*[a-z0-9_])?"?(?:\(\d+(?:,\d+)?\))?(?:\[\])*')


def read() -> dict[str, str]:
    """Return each rule's definition by its kind and name, such as "index core_user_pkey"."""
    with connection.cursor() as cursor:
        cursor.execute(_READ)
        return dict(sorted(cursor.fetchall()))


def _plain(definition: str) -> str:
    """Return a definition without casts and brackets: a server writes those of a restored CHECK or index in other places."""
    return re.sub(r"\s+", " ", re.sub(r"[()]", "", _CAST.sub("", definition)))


def differences(expected: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """Return a sentence for each rule that is missing or differs; what is there beyond them is no fault."""
    return [
        f"The {name} is missing." if name not in found else f"The {name} differs."
        for name, definition in expected.items()
        if name not in found or _plain(found[name]) != _plain(definition)
    ]


def faults() -> list[str]:
    """Return a sentence for each constraint, index or trigger that the models ask for and the database lacks."""
    found = [sentence for model in apps.get_models(include_auto_created=True) for sentence in _faults_of(model)]
    found += [
        f"The trigger {trigger.name} of {model._meta.db_table} is {str(trigger.get_installation_status(model)[0]).lower()}."
        for model, trigger in pgtrigger.registered()
        if not _is_installed(trigger, model)
    ]
    if triggers.can_be_turned_off():
        found.append("A session can turn the triggers off. Run manage.py migrate.")
    return found + [f"The {name} does not hold." for name, definition in read().items() if not _holds(name, definition)]


def _is_installed(trigger: Any, model: Any) -> bool:
    status, enabled = trigger.get_installation_status(model)
    return status == "INSTALLED" and bool(enabled)


def _holds(name: str, definition: str) -> bool:
    """Return whether a rule applies to every row: no constraint that was not validated, no index that was never finished."""
    kind = name.partition(" ")[0]
    if kind == "trigger":
        return not definition.startswith("D ")
    return not definition.endswith((" NOT VALID", " INVALID"))


def _faults_of(model: type[Model]) -> Iterator[str]:
    options = model._meta
    if not options.managed or options.proxy:
        return
    table = options.db_table
    with connection.cursor() as cursor:
        if table not in connection.introspection.table_names(cursor):
            yield f"The table {table} is missing."
            return
        known = connection.introspection.get_constraints(cursor, table)
    rules: list[dict[str, Any]] = [dict(one) for one in known.values()]
    for rule in (*options.constraints, *options.indexes):
        if rule.name not in known:
            yield f"{table} lacks {rule.name}."
    for field in options.local_fields:
        for wanted in _wanted(field):
            if not any(one[wanted] and one["columns"][:1] == [field.column] for one in rules):
                yield f"{table}.{field.column} lacks its {wanted.replace('_', ' ')}."


def _wanted(field: Any) -> Iterator[str]:
    """Yield what a field asks of its column, in Django's words."""
    if field.primary_key:
        yield "primary_key"
    elif field.unique:
        yield "unique"
    elif field.db_index:
        yield "index"
    if getattr(field, "db_constraint", False):
        yield "foreign_key"
