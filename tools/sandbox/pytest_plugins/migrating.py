"""Create the databases of tests from a migrated template where there is one, and otherwise migrate them in half the time.

Django renders all related models again for each change of one. Constraints, indexes and triggers concern a single model.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any
from unittest.mock import patch

from tools.sandbox.kept_database import TEMPLATE

#: Thousands of models are rendered and kept: collecting garbage at the usual rate looks at all of them each time.
_OBJECTS_BEFORE_COLLECTION = 100_000


def migrate_quickly() -> None:
    """Let Django create its test databases from the template that `./run test` names, or with `only_the_changed_model`."""
    from django.db.backends.base.creation import BaseDatabaseCreation

    create = BaseDatabaseCreation.create_test_db

    @wraps(create)
    def quickly(self: BaseDatabaseCreation, *arguments: Any, **options: Any) -> str:
        template = os.environ.get(TEMPLATE)
        if template:
            self.connection.settings_dict["TEST"]["TEMPLATE"] = template
        with already_migrated() if template else only_the_changed_model():
            return create(self, *arguments, **options)

    BaseDatabaseCreation.create_test_db = quickly  # type: ignore[method-assign]


@contextmanager
def already_migrated() -> Iterator[None]:
    """Let `migrate` do what comes after the last migration alone: write permissions and roles as this checkout has them."""
    from django.core.management.commands.migrate import Command
    from django.core.management.sql import emit_post_migrate_signal

    def handle(self: Command, *arguments: Any, **options: Any) -> None:
        emit_post_migrate_signal(options["verbosity"], options["interactive"], options["database"])

    with patch.object(Command, "handle", handle):
        yield


@contextmanager
def only_the_changed_model() -> Iterator[None]:
    """Render only the model itself again after a change of its constraints, indexes or triggers."""
    from django.db.migrations.state import ProjectState
    from pgtrigger.migrations import AddTrigger, RemoveTrigger

    def alone(change: Callable[..., None], *, state_of: Callable[..., ProjectState]) -> Callable[..., None]:
        @wraps(change)
        def changed(*arguments: Any) -> None:
            state = state_of(*arguments)

            def reload_model(app_label: str, model_name: str, delay: bool = False) -> None:
                if "apps" in vars(state):
                    state._reload({(app_label, model_name.lower())})  # type: ignore[attr-defined]

            with patch.object(state, "reload_model", reload_model):
                change(*arguments)

        return changed

    changes: list[tuple[Any, str, Callable[..., ProjectState]]] = [
        *((ProjectState, name, lambda state, *_: state) for name in ("_append_option", "_remove_option")),
        *((kind, "state_forwards", lambda _, label, state: state) for kind in (AddTrigger, RemoveTrigger)),
    ]
    usual = gc.get_threshold()
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTION, *usual[1:])
    try:
        with ExitStack() as patches:
            for kind, name, state_of in changes:
                patches.enter_context(patch.object(kind, name, alone(getattr(kind, name), state_of=state_of)))
            yield
    finally:
        gc.set_threshold(*usual)
