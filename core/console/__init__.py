"""The console: its site, its page framework, and the pages about staff and the audit log."""

from core.console import audit, my_factors, my_settings, people, person_rights, phone_preview, step_up

__all__ = ["audit", "my_factors", "my_settings", "people", "person_rights", "phone_preview", "step_up"]
