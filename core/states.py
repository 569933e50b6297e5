"""The lifecycles of all models, each a table of edges that drives `advance`, the database triggers and docs/states.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from textwrap import fill
from typing import Any

import pgtrigger
from django.db import models, transaction

from core import audit
from core.audit_verbs import Verb
from core.errors import ChangedMeanwhile, Conflict
from core.models.user import User


@dataclass(frozen=True)
class Edge:
    """One allowed change of state, with its verb in the audit log and its sentence below the diagram."""

    from_state: str
    to_state: str
    verb: Verb
    sentence: str


class WrongGraph(Exception):
    """A lifecycle is declared with an unknown state, a duplicate edge or a state that cannot be reached."""


class NoSuchEdge(Conflict):
    """This change of state is not allowed."""

    code = "state"


#: Model label ("content.Release") to its lifecycle.
LIFECYCLES: dict[str, Lifecycle] = {}


class Lifecycle:
    """The states of one model, declared below its TextChoices. A wrong graph raises WrongGraph at import."""

    def __init__(
        self, *, model: str, states: type[models.TextChoices], initial: str, edges: Sequence[Edge], field: str = "state"
    ) -> None:
        self.model = model
        self.states = states
        self.initial = str(initial)
        self.field = field
        self.edges = {(str(edge.from_state), str(edge.to_state)): edge for edge in edges}
        self._check(edges)
        LIFECYCLES[model] = self

    def _check(self, edges: Sequence[Edge]) -> None:
        known = set(self.states.values)
        named = {self.initial, *(str(s) for edge in edges for s in (edge.from_state, edge.to_state))}
        if unknown := named - known:
            raise WrongGraph(f"{self.model}: unknown states {sorted(unknown)}")
        if len(self.edges) != len(edges):
            raise WrongGraph(f"{self.model}: duplicate edge")
        reached, frontier = {self.initial}, {self.initial}
        while frontier:
            frontier = {to for (start, to) in self.edges if start in frontier} - reached
            reached |= frontier
        if lost := known - reached:
            raise WrongGraph(f"{self.model}: unreachable states {sorted(lost)}")

    def edge(self, start: str, to: str) -> Edge:
        """Return the edge between two states; raise NoSuchEdge, with both states in its sentence, where there is none."""
        try:
            return self.edges[(str(start), str(to))]
        except KeyError:
            name = self.model.split(".")[1].lower()
            raise NoSuchEdge(f"A {name} that is {start} cannot become {to}.") from None

    def forbidden(self) -> Iterable[tuple[str, str]]:
        """Yield every pair (from, to) of different states without an edge."""
        for start in self.states.values:
            for to in self.states.values:
                if start != to and (start, to) not in self.edges:
                    yield start, to

    def trigger(self) -> pgtrigger.Trigger:
        """Return the trigger that enforces the initial state and the edges, so that raw SQL cannot break them."""
        column = self.field
        pairs = ", ".join(f"('{start}', '{to}')" for start, to in sorted(self.edges))
        return pgtrigger.Trigger(
            name=f"{column}_edges",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.Update,
            func=f"""
                IF TG_OP = 'INSERT' THEN
                    IF NEW.{column} <> '{self.initial}' THEN
                        RAISE EXCEPTION '{self.model} begins as {self.initial}, not as %', NEW.{column}
                            USING ERRCODE = 'check_violation';
                    END IF;
                ELSIF NEW.{column} <> OLD.{column}
                    AND (OLD.{column}::text, NEW.{column}::text) NOT IN ({pairs}) THEN
                    RAISE EXCEPTION '{self.model} cannot go from % to %', OLD.{column}, NEW.{column}
                        USING ERRCODE = 'check_violation';
                END IF;
                RETURN NEW;
            """,
        )


def advance(
    row: models.Model,
    to: str,
    *,
    by: User,
    at: datetime,
    verb: Verb | None = None,
    details: Mapping[str, Any] | None = None,
    **fields: Any,
) -> None:
    """Move a row along one declared edge; nothing else changes a state.

    In one transaction, set the state and `fields` where the state is still the one that was read, and write the audit entry,
    with the edge's verb where none is given, with `details`, and with the reason where `fields` has one.
    Raises NoSuchEdge, and ChangedMeanwhile where the stored state is a different one by now.
    """
    lifecycle = LIFECYCLES[row._meta.label]
    start = getattr(row, lifecycle.field)
    edge = lifecycle.edge(start, to)
    with transaction.atomic():
        manager = row._meta.default_manager
        assert manager is not None
        moved = manager.filter(**{"pk": row.pk, lifecycle.field: start}).update(**{lifecycle.field: to, **fields})
        if not moved:
            raise ChangedMeanwhile()
        reason = {"reason": fields["reason"]} if fields.get("reason") else {}
        more = {**reason, **(details or {})}
        audit.record(by=by, verb=verb or edge.verb, row=row, at=at, from_state=str(start), to_state=str(to), **more)
    for name, value in {lifecycle.field: to, **fields}.items():
        setattr(row, name, value)


def diagrams() -> str:
    """Return the text of docs/states.md: a Mermaid diagram for each lifecycle, with lettered arrows and a sentence each."""
    parts = ["# States\n\nGenerated by `./run manage states`. Each lifecycle is declared beside its model.\n"]
    for label, lifecycle in sorted(LIFECYCLES.items()):
        parts.append(f"\n## {label}\n\n```mermaid\nstateDiagram-v2\n    [*] --> {_node(lifecycle.initial)}")
        lines = []
        for number, edge in enumerate(lifecycle.edges.values()):
            letter = "a" * (number // 26) + chr(ord("a") + number % 26)
            parts.append(f"    {_node(edge.from_state)} --> {_node(edge.to_state)}: {letter}")
            item = f"- **{letter}** {edge.from_state} → {edge.to_state} (*{edge.verb}*): {edge.sentence}"
            lines.append(fill(item, 100, subsequent_indent="  ", break_on_hyphens=False))
        parts.append("```\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def _node(state: str) -> str:
    # Mermaid reads a hyphen in a state's name as part of an arrow.
    return str(state).replace("-", "_")
