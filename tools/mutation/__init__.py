"""Change the source of a rule in small ways, one at a time, and see whether its tests notice (mutation testing)."""
