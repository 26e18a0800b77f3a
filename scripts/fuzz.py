"""What schemathesis needs to know about this service and can't find in the OpenAPI document."""

import ipaddress
import itertools
import os

import schemathesis

# Rules between records, times and fields that a schema can't express: such requests match the schema and are rejected with
# 422. For each field, how the error message begins.
RULES = {
    "/Idempotency-Key": "was used for a different request",
    "/currentPassword": "isn’t your password",
    "/address": (
        "is required",
        "must be a web address",
        "must be empty for email",
        "is in a private network",
    ),
    "/amount": "makes the ",
    "/code": ("isn’t the app’s current code", "must be six digits"),
    "/completedDate": (
        "is required for a completed",
        "must be empty until",
        "must not be before 1886",
        "must not be more than a year ahead",
    ),
    "/completedMileage": ("must be empty until", "is less than the", "is more than the"),
    "/completedOdometer": ("must be empty until", "is less than the", "is more than the"),
    "/credential": ("isn’t the response to this request", "isn’t a valid passkey response"),
    "/currency": "must be a currency code",
    "/cursor": "isn’t a cursor from this service",
    "/date": ("must not be before 1886", "must not be more than a year ahead"),
    "/dueDate": (
        "is required",
        "must be later",
        "must be earlier",
        "must be empty",
        "must not be before 1886",
        "must not be more than a hundred years ahead",
    ),
    "/dueMileage": ("must be higher", "must be lower", "must be empty"),
    "/dueOdometer": ("must be higher", "must be lower", "must be empty"),
    "/email": ("is already registered", "is already in use"),
    "/expiresAt": ("must be in the future", "must be within"),
    "/from": ("must not be before 1886", "must not be more than a year ahead"),
    "/gallons": "is required",
    "/identifier": "can’t be empty: a vehicle without",
    "/invitation": "was already used, has expired",
    "/kind": "isn’t available",
    "/lat": ("is required when lng", "is required when radius"),
    "/latitude": ("is required when longitude", "must be from -90 to 90"),
    "/lng": "is required when lat",
    "/longitude": ("is required when latitude", "must be from -180 to 180"),
    "/make": "can’t be empty: a vehicle without",
    "/nickname": "can’t be empty: a vehicle without",
    "/odometer": ("is required", "is less than the", "is more than the"),
    "/odometerReading": ("is less than the", "is more than the"),
    "/password": "isn’t your password",
    "/previousOdometer": "must be empty unless",
    "/previousReading": "must be empty unless",
    "/pricePerGallon": ("makes the ", "is "),
    "/query": "is required unless lat and lng",
    "/reading": ("is less than the", "is more than the"),
    "/secret": ("is required", "must be empty for email"),
    "/startDate": ("must not be before 1886", "must not be more than a year ahead"),
    "/stationId": "isn’t a known station",
    "/timeZone": "must be a time zone",
    "/to": ("must not be before 1886", "must not be more than a year ahead"),
    "/totalCost": "makes the ",
    "/tripDistance": "must be empty if",
    "/unitPrice": ("makes the ", "is "),
    "/vehicleId": ("isn’t one of your vehicles", "is a vehicle in your trash"),
    "/vin": (
        "has the check digit",
        "has the same character",
        "is required unless you enter an identifier",
        "isn’t a VIN, as no VIN begins with 0",
        "can’t be empty: a vehicle without",
    ),
    "/volume": "is required",
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
    "must be empty if",
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
