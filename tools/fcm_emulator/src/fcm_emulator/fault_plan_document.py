"""The JSON document of a fault plan: its fields, and what each of them must be."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from fcm_emulator.responses import PLANNED

MAX_LATENCY_MS = 600_000
MAX_COUNT = 1_000_000_000
MAX_QUOTA = 2**31
MAX_SECONDS = 86_400


class InvalidFaultPlan(Exception):
    """The document is not a fault plan; the message names the field and what it must be."""


class _Document(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _reject_null(cls, value: Any) -> Any:
        """Reject null: a field that is not wanted is left out."""
        if value is None:
            raise ValueError("null")
        return value


def _number(low: float, high: int, *, whole: bool = False) -> Any:
    kind = "a whole number" if whole else "a number"
    return Field(ge=low, le=high, description=f"{kind} from {low:g} to {high}")


class MatchDocument(_Document):
    """The conditions of a rule; all of them must hold."""

    address_prefix: Annotated[str | None, Field(description="a string")] = None
    address_hash_share: Annotated[int | float | None, _number(0, 1)] = None
    every: Annotated[int | None, _number(1, MAX_COUNT, whole=True)] = None
    any: Annotated[Literal[True] | None, Field(description="true")] = None

    @model_validator(mode="after")
    def _check_conditions(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("plan", f" must name at least one of {', '.join(sorted(type(self).model_fields))}")
        if self.any and len(self.model_fields_set) > 1:
            raise PydanticCustomError("plan", ".any cannot be combined with other conditions")
        return self


class LatencyDocument(_Document):
    """A spread of latencies in milliseconds."""

    p50: Annotated[float, _number(1, MAX_LATENCY_MS)]
    p99: Annotated[float, Field(le=MAX_LATENCY_MS, description=f"a number from p50 to {MAX_LATENCY_MS}")]

    @field_validator("p99")
    @classmethod
    def _check_p99(cls, p99: float, info: Any) -> float:
        if p99 < info.data.get("p50", 0):
            raise ValueError("p99 is below p50")
        return p99


class RetryDateDocument(_Document):
    """A Retry-After date, by its distance in seconds."""

    date_in: Annotated[int, _number(-MAX_SECONDS, MAX_SECONDS, whole=True)]


def _is_object(value: Any) -> str:
    return "object" if isinstance(value, dict) else "value"


_Latency = Annotated[
    Annotated[float, _number(0, MAX_LATENCY_MS), Tag("value")] | Annotated[LatencyDocument, Tag("object")],
    Discriminator(_is_object),
]
_RetryAfter = Annotated[
    Annotated[int | str, Tag("value")] | Annotated[RetryDateDocument, Tag("object")], Discriminator(_is_object)
]


class RuleDocument(_Document):
    """A rule: which messages it matches, and how they are answered."""

    answer: Annotated[str, Field(description=f"one of {', '.join(PLANNED)}", json_schema_extra={"enum": list(PLANNED)})]
    match: Annotated[MatchDocument, Field(description="an object")]
    retry_after: Annotated[_RetryAfter | None, Field(description='a number of seconds, a string, or {"date_in": seconds}')] = None
    latency_ms: Annotated[_Latency, Field(description=f'a number from 0 to {MAX_LATENCY_MS}, or {{"p50": …, "p99": …}}')] = 0
    times: Annotated[int | None, _number(1, MAX_COUNT, whole=True)] = None
    whole_connection: Annotated[Literal[True] | None, Field(description="true")] = None

    @field_validator("answer")
    @classmethod
    def _check_answer(cls, answer: str) -> str:
        if answer not in PLANNED:
            raise ValueError("unknown answer")
        return answer

    @field_validator("retry_after")
    @classmethod
    def _check_retry_after(cls, value: Any) -> Any:
        text = str(value)
        if not isinstance(value, RetryDateDocument) and not (text.isascii() and text.isprintable()):
            raise PydanticCustomError("plan", " must be printable ASCII")
        return value

    @model_validator(mode="after")
    def _check_whole_connection(self) -> Self:
        if self.whole_connection and PLANNED[self.answer].fault != "reset":
            raise PydanticCustomError("plan", ".whole_connection is only possible with RESET and RESET_AFTER_ACCEPT")
        return self


class FaultPlanDocument(_Document):
    """A fault plan: rules, and values that replace the server's options while the plan is in force."""

    rules: Annotated[list[RuleDocument], Field(description="a list")]
    quota: Annotated[int | None, _number(0, MAX_QUOTA, whole=True)] = None
    quota_retry_after: Annotated[int | None, _number(0, MAX_SECONDS, whole=True)] = None
    goaway_after: Annotated[int | None, _number(0, MAX_QUOTA, whole=True)] = None


def parse(document: Any) -> FaultPlanDocument:
    """Return the plan in a parsed JSON document. InvalidFaultPlan names the first field that is wrong."""
    try:
        return FaultPlanDocument.model_validate(document)
    except ValidationError as error:
        raise InvalidFaultPlan(_sentence(error)) from None


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    path, expected = _locate(first["loc"])
    if first["type"] == "extra_forbidden":
        parent, _, name = path.rpartition(".")
        return f"{parent or 'the plan'} has no field {name}"
    if first["type"] == "plan":
        return f"{path or 'the plan'}{first['msg']}"
    return f"{path or 'the plan'} must be {expected}"


def _locate(location: tuple[int | str, ...]) -> tuple[str, str]:
    """Return the path of a field as people write it, and what the field must be."""
    path, expected = "", "an object"
    model: type[BaseModel] | None = FaultPlanDocument
    for step in location:
        if isinstance(step, int):
            path, expected, model = f"{path}[{step}]", "an object", RuleDocument
        elif model is not None and step in model.model_fields:
            path = f"{path}.{step}" if path else step
            expected = model.model_fields[step].description or expected
            model = _OBJECTS.get(step)
        elif step not in _TAGS:
            path = f"{path}.{step}" if path else step
    return path, expected


#: The models of the fields that are objects, or may be.
_OBJECTS: dict[str, type[BaseModel]] = {"match": MatchDocument, "retry_after": RetryDateDocument, "latency_ms": LatencyDocument}
#: Steps that pydantic adds to a location for the members of a union.
_TAGS = frozenset({"object", "value", "int", "float", "str"})
