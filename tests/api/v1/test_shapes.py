"""The OpenAPI schema describes packs as the types of the product do."""

from __future__ import annotations

from dataclasses import fields
from types import NoneType
from typing import get_args, get_type_hints

import pytest

from api.v1 import shapes
from content.resolver import types

PAIRS = [
    (shapes.PhraseSerializer, types.PackedPhrase),
    (shapes.LocaleLabelSerializer, types.PackedLocale),
    (shapes.TipSerializer, types.PackedTip),
    (shapes.OrganizationSerializer, types.PackedOrganization),
    (shapes.EligibilitySerializer, types.AgeRule),
    (shapes.ChannelSerializer, types.PackedChannel),
    (shapes.RouteSerializer, types.PackedRoute),
    (shapes.NoticeSerializer, types.PackedNotice),
    (shapes.ServiceSerializer, types.PackedService),
    (shapes.RetiredSerializer, types.Tombstone),
    (shapes.LabelsSerializer, types.PackLabels),
    (shapes.PackSerializer, types.PackContent),
]


@pytest.mark.parametrize(("serializer", "type_"), PAIRS, ids=lambda each: each.__name__)
def test_a_serializer_has_the_fields_of_its_type(serializer: type[shapes.ResponseSerializer], type_: type) -> None:
    hints = get_type_hints(type_)

    assert set(serializer().fields) == set(hints)


@pytest.mark.parametrize(("serializer", "type_"), PAIRS, ids=lambda each: each.__name__)
def test_a_field_may_be_null_where_its_type_may_be_none(serializer: type[shapes.ResponseSerializer], type_: type) -> None:
    optional = {name for name, hint in get_type_hints(type_).items() if NoneType in get_args(hint)}
    # The list of tips has the locale that was asked for, which the header may have left open; a pack always has it.
    expected = optional | ({"requested"} if type_ is types.PackedLocale else set())

    assert {name for name, field in serializer().fields.items() if field.allow_null} == expected


def test_a_step_of_a_plan_has_its_own_fields_and_what_the_pack_says_of_them() -> None:
    assert set(shapes.PlanStepSerializer().fields) == {field.name for field in fields(types.PlanStep)} | {"label", "route"}
