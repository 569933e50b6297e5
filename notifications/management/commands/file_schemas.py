"""Write a JSON Schema for each kind of file that people write, so that their editors complete and check it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from content.contact_file import Contact
from content.importing.emergency_numbers import EmergencyNumbers
from content.importing.facts_entry import FactsEntry, FactsFile
from content.importing.figures import FiguresFile
from content.importing.page_texts_file import PageTextsFile
from content.importing.words_file import TargetsFile, TipsFile, TipText
from content.linting.term_list import TermsFile
from core.cli import StaffCommand
from notifications.campaigns.definition_fields import Definition

#: Name of the schema to its title and model.
SCHEMAS: dict[str, tuple[str, TypeAdapter[Any]]] = {
    "campaign": ("Fingerpost: a campaign", TypeAdapter(Definition)),
    "contact": ("Fingerpost: contact.yaml", TypeAdapter(Contact)),
    "emergency-numbers": ("Fingerpost: emergency numbers by country", TypeAdapter(EmergencyNumbers)),
    "facts": ("Fingerpost: a file of services", TypeAdapter(FactsFile[FactsEntry])),
    "figures": ("Fingerpost: a file of statistics", TypeAdapter(FiguresFile)),
    "page-texts": ("Fingerpost: the texts of public pages", TypeAdapter(PageTextsFile)),
    "targets": ("Fingerpost: the translations of one locale", TypeAdapter(TargetsFile)),
    "terms": ("Fingerpost: the term list of one locale", TypeAdapter(TermsFile)),
    "tips": ("Fingerpost: tips.yaml", TypeAdapter(TipsFile[TipText])),
}


class Command(StaffCommand):
    """Write the schemas into a folder; docs/schemas holds them in the repository."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("folder", type=Path)

    def run_command(self, options: dict[str, Any]) -> None:
        for name in SCHEMAS:
            (options["folder"] / f"{name}.json").write_text(schema_text(name), encoding="utf-8")
        self.print_result(options, {"schemas": list(SCHEMAS)}, f"{len(SCHEMAS)} schemas written.")


def schema_text(name: str) -> str:
    """Return the schema as the text of its file."""
    title, model = SCHEMAS[name]
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.json_schema(), "title": title}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
