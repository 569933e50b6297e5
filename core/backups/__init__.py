"""Back the database up, restore it, and check what was restored."""
