"""What ./run does: everything on one machine, with nothing but Python.

These modules use the standard library alone, because they run before anything is installed.
"""
