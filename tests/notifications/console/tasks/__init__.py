"""Tests of the task list of a campaign."""
