"""Faults on purpose while campaigns are sent: ./run faults, and the tests of tests/faults that call the same runs."""
