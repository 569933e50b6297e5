"""The demo's members of staff: one person for each part that four eyes need."""

from __future__ import annotations

#: Name to roles.
PEOPLE: dict[str, tuple[str, ...]] = {
    "rosa": ("localisation-editor",),
    "tomos": ("localisation-reviewer",),
    "grace": ("publisher",),
    "idris": ("publisher",),
    "mei": ("assurer",),
    "amina": ("campaign-author",),
    "david": ("campaign-approver",),
}
