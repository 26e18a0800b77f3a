"""What schemathesis needs to know about this service and can't find in the OpenAPI document."""

import ipaddress
import itertools
import os

import schemathesis

# Rules between records, times and fields that a schema can't express: such requests match the schema and are rejected with
# 422. For each field, how the error message begins.
RULES = {
    "/Idempotency-Key": "was used for a different request",
    "/currentPassword": "is not your password",
    "/address": (
        "is required",
        "is the account's own",
        "must be a web address",
        "is in a private network",
    ),
    "/code": ("is not what the app shows", "must be six digits"),
    "/completedDate": (
        "is required of a completed",
        "cannot be there unless",
        "is before 1886",
        "must not be more than a year ahead",
    ),
    "/completedMileage": ("cannot be there unless", "is less than the", "is more than the"),
    "/completedOdometer": ("cannot be there unless", "is less than the", "is more than the"),
    "/credential": ("is not the answer to what was asked", "isn’t a valid passkey response"),
    "/currency": "must be a currency code",
    "/cursor": "isn’t a cursor from this service",
    "/date": ("must not be before 1886", "must not be more than a year ahead"),
    "/dueDate": (
        "is required",
        "has to be later",
        "must be later",
        "must be left out",
        "is not what it is due by",
        "is before 1886",
        "must not be more than a hundred years ahead",
    ),
    "/dueMileage": ("has to be later", "must be later", "must be left out", "is not what it is due by"),
    "/dueOdometer": ("has to be later", "must be later", "must be left out", "is not what it is due by"),
    "/email": "has an account already",
    "/expiresAt": ("is in the past", "is more than 90 days"),
    "/from": ("must not be before 1886", "must not be more than a year ahead"),
    "/gallons": "is required",
    "/identifier": "can’t be empty: a vehicle without",
    "/invitation": "is used, has ended",
    "/lat": ("is required where lng", "is required where radius"),
    "/latitude": ("is required where longitude", "must be from -90 to 90"),
    "/lng": "is required where lat",
    "/longitude": ("is required where latitude", "must be from -180 to 180"),
    "/kind": "is not to be had",
    "/make": "can’t be empty: a vehicle without",
    "/nickname": "can’t be empty: a vehicle without",
    "/odometer": ("is required", "is less than the", "is more than the"),
    "/odometerReading": ("is less than the", "is more than the"),
    "/password": "is not your password",
    "/previousOdometer": "is allowed only if",
    "/previousReading": ("is only there where", "is allowed only if"),
    "/pricePerGallon": "times the volume is more than",
    "/query": "is required where lat and lng",
    "/reading": ("is less than the", "is more than the"),
    "/secret": ("is required", "is of no use"),
    "/startDate": ("must not be before 1886", "must not be more than a year ahead"),
    "/stationId": "is not a station that is known here",
    "/timeZone": "must be a time zone",
    "/to": ("must not be before 1886", "must not be more than a year ahead"),
    "/totalCost": "for this volume is more than",
    "/amount": "for this volume is more than",
    "/unitPrice": "times the volume is more than",
    "/tripDistance": "must be left out where",
    "/vehicleId": ("is not a vehicle of yours", "is a vehicle in your trash"),
    "/vin": (
        "has the check digit",
        "is one character",
        "is required, or an identifier",
        "is not a VIN: no manufacturer",
        "can’t be empty: a vehicle without",
    ),
    "/volume": "is required where",
    "/website": "must be a web address",
    "/year": ("must be from 1886", "is "),
}

# The same for all fields: errors about two forms of one value, such as `odometer` and `odometerReading`, and about the
# decimals and the range of a value with a unit or currency.
OF_EVERY_FIELD = (
    "contradicts ",
    "has more than ",
    "must have at most ",
    "has too many decimals",
    "must be less than ",
    "must be at most ",
    "must be from ",
    "must be more than 0",
    "must be a whole number",
    "times the volume is more than",
    "for this volume is more than",
)

turns = itertools.count(1)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Returns whether a finding is a bug. A request that matches the schema may still break a rule."""
    if "Schema-valid request rejected" not in failure.title:
        return True
    if response.status_code == 412:
        return "If-Match" not in (case.headers or {})
    if response.status_code != 422:
        return True
    problem = response.json()
    if problem.get("type") == "/problems/implausible":
        # Any value can be implausible; it can be confirmed.
        return False
    faults = problem.get("errors", [])
    return not faults or not all(
        fault["detail"].startswith(OF_EVERY_FIELD)
        or fault["detail"].startswith(RULES.get(fault["pointer"], "\0"))
        for fault in faults
    )


@schemathesis.hook
def before_call(context, case, kwargs):
    """Sends each request from a different network, so that wrong passwords do not exhaust a quota. Changes every second valid
    request so that it breaks no rule, in order to reach the code behind the rules."""
    turn = next(turns)
    case.headers["X-Forwarded-For"] = str(ipaddress.ip_address("10.0.0.0") + turn)
    if case.operation.label == "PATCH /api/admin/users/{id}" and isinstance(case.body, dict):
        # Without a second administrator, no request can disable the fuzzing account.
        case.body.pop("isAdmin", None)
    if case.operation.label == "POST /api/notifications/channels" and isinstance(case.body, dict):
        # Do not call other machines.
        if str(case.body.get("address")).startswith(("http://", "https://")):
            case.body["address"] = "http://127.0.0.1:9/fuzz"
    if case.meta is None or case.meta.generation.mode.is_negative or turn % 2:
        return
    for name in ("If-Match", "Idempotency-Key"):
        case.headers.pop(name, None)
    if case.query:
        case.query.pop("cursor", None)
    if "/api/fuel-logs" in case.path and isinstance(case.body, dict):
        rules = {"vehicleId": os.environ["FUZZ_VEHICLE"], "date": "2026-01-31"}
        case.body.update({**rules, "allowOdometerRollback": True})
        case.body.pop("stationId", None)
    if case.operation.label == "POST /api/maintenance" and isinstance(case.body, dict):
        case.body.update({"vehicleId": os.environ["FUZZ_VEHICLE"], "dueDate": "2026-12-31"})
        done = ("completedDate", "completedMileage", "completedOdometer", "isCompleted")
        # Both forms of a value could contradict each other.
        typed = ("dueOdometer", "intervalDistance", "amount", "currency")
        for name in done + typed:
            case.body.pop(name, None)
