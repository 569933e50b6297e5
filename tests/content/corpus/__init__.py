"""Mutations of good texts that the gate must refuse or warn of, and clean texts that it must let pass."""
