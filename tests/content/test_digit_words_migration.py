"""The migration that deletes the text for digits takes its whole history with it, and nothing else."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.db import connection

from content.models import Target, TargetRevision, Unit, UnitRevision
from tests import make

MIGRATION = import_module("content.migrations.0034_digits_are_data")


@pytest.mark.django_db
def test_the_text_for_digits_goes_with_its_history() -> None:
    make.world()
    make.unit("phrase.digits", "the words of the digits", approved=True)
    make.target("phrase.digits", "cy", "geiriau’r digidau", approved=True)
    kept = make.unit("phrase.other", "another text", approved=True)

    with connection.cursor() as cursor:
        for statement in MIGRATION.STATEMENTS:
            cursor.execute(statement)

    assert list(Unit.objects.all()) == [kept]
    assert set(UnitRevision.objects.values_list("unit", flat=True)) == {kept.pk}
    assert not Target.objects.exists()
    assert not TargetRevision.objects.exists()
