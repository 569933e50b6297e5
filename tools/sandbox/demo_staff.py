"""The demo's staff: one user for each role that the four-eyes rules need."""

from __future__ import annotations

#: User name to roles.
STAFF: dict[str, tuple[str, ...]] = {
    "rosa": ("localisation-editor",),
    "tomos": ("localisation-reviewer",),
    "grace": ("publisher",),
    "idris": ("publisher",),
    "mei": ("assurer",),
    "amina": ("campaign-author",),
    "david": ("campaign-approver",),
}
