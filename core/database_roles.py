"""The two database roles: one owns the tables and runs migrations, the other runs the product and can change no rule.

A trigger or a CHECK holds against everybody but the owner of its table, who can drop it, and superusers, who can switch it off.
So the processes of the product connect with a role that is neither, and that has no TRUNCATE and no DDL.
"""

from __future__ import annotations

from typing import Final

from django.db import connection
from django.db.backends.utils import CursorWrapper

#: Tables to which the product adds rows, and nothing else.
APPEND_ONLY: Final = ("core_auditentry", "core_auditlink")
#: Tables that only migrations write.
MIGRATIONS_ONLY: Final = (
    *("django_migrations", "django_content_type", "auth_permission"),
    # What a role may do. Nobody has a permission of their own beside their roles.
    *("auth_group", "auth_group_permissions", "core_user_user_permissions"),
)


def grant(cursor: CursorWrapper, role: str) -> None:
    """Give the role what the running product needs of the tables of the schema public; repeated after each migrate."""
    name = connection.ops.quote_name(role)
    cursor.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name}")
    cursor.execute(f"GRANT USAGE ON SCHEMA public TO {name}")
    cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}")
    cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}")
    cursor.execute(f"REVOKE UPDATE, DELETE ON {', '.join(APPEND_ONLY)} FROM {name}")
    cursor.execute(f"REVOKE INSERT, UPDATE, DELETE ON {', '.join(MIGRATIONS_ONLY)} FROM {name}")


def fault(cursor: CursorWrapper) -> str | None:
    """Return in one sentence why the product must not run with the role of this connection; None where it may."""
    cursor.execute(
        """
        SELECT current_user, rolsuper, rolcreaterole OR rolbypassrls OR rolreplication,
            EXISTS (
                SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND pg_has_role(current_user, relowner, 'MEMBER')
            ),
            has_schema_privilege(current_user, 'public', 'CREATE')
        FROM pg_roles WHERE rolname = current_user
        """
    )
    name, superuser, privileged, owner, creates = cursor.fetchone()
    reasons = {
        "is a superuser": superuser,
        "can change other roles": privileged,
        "owns tables": owner,
        "can create tables": creates,
    }
    found = next((reason for reason, holds in reasons.items() if holds), None)
    if found is None:
        return None
    return (
        f"The database role {name} {found}, so no rule of the database would hold. Run the product with a role of its own "
        "(docs/operations.md, Two database roles)."
    )
