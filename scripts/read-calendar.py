"""Reads the calendar feed as another program would: see cargo xtask calendar."""

import datetime
import json
import sys
import urllib.error
import urllib.request

import icalendar

BASE = sys.argv[1]
TODAY = datetime.date.today()
# Difficult texts: separators, backslashes, line breaks, and multibyte characters where a line is folded.
HARD = [
    "plain",
    "semi;colon, comma \\ backslash \\n not a line end",
    "two\nlines\n\nand a gap",
    "BEGIN:VEVENT\nUID:evil\nEND:VEVENT",
    "x" * 500,
    "Ölwechsel für den Käfer – 🚗🔧 " * 40,
    '"quoted": value=1',
]
cookies = urllib.request.HTTPCookieProcessor()
opener = urllib.request.build_opener(cookies)


def send(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(BASE + path, data, headers, method=method)
    with opener.open(request) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def events(url):
    """Returns the events of the calendar by UID."""
    with urllib.request.urlopen(url) as answer:
        kind = answer.headers["Content-Type"]
        raw = answer.read()
    assert kind == "text/calendar; charset=utf-8", kind
    for line in raw.split(b"\r\n"):
        assert len(line) <= 75, line
        assert b"\n" not in line and b"\r" not in line, line
    calendar = icalendar.Calendar.from_ical(raw)
    assert calendar.name == "VCALENDAR" and not calendar.errors, calendar.errors
    assert calendar["VERSION"] == "2.0" and calendar["PRODID"]
    found = {}
    for event in calendar.walk("VEVENT"):
        assert not event.errors, event.errors
        for name in ["UID", "DTSTAMP", "DTSTART", "SUMMARY"]:
            assert name in event, name
        assert str(event["UID"]) not in found, "a UID twice"
        found[str(event["UID"])] = event
    assert len(calendar.subcomponents) == len(found)
    return found


send("POST", "/api/auth/register", {"email": "cal@example.org", "password": "horse battery 7"})
# The year comes from the VIN.
vehicle = send(
    "POST", "/api/vehicles", {"vin": "1HGCM82633A004352", "make": "Honda; Söhne", "model": "A,B"}
)["id"]
url = send("POST", "/api/maintenance/calendar-link")["url"]
assert events(url) == {}
made = {}
for nth, text in enumerate(HARD):
    due = TODAY + datetime.timedelta(days=nth)
    item = {
        "vehicleId": vehicle,
        "type": "oil_change",
        "dueDate": due.isoformat(),
        "intervalMonths": 1,
        "description": text,
        "serviceLocation": text.replace("\n", " ")[:200],
    }
    made[send("POST", "/api/maintenance", item)["id"]] = (due, text)


def check(expected):
    """Checks that every event has its date and texts. Returns the UIDs."""
    found = events(url)
    assert len(found) == len(expected), (len(found), len(expected))
    for identity, (due, text) in expected.items():
        event = found[f"{identity}@motovaultpro"]
        start, end = event.decoded("DTSTART"), event.decoded("DTEND")
        assert type(start) is datetime.date, "not an all-day event"
        assert (start, end) == (due, due + datetime.timedelta(days=1)), (start, end, due)
        assert str(event["SUMMARY"]) == "Oil change: 2003 Honda; Söhne A,B", event["SUMMARY"]
        assert str(event["DESCRIPTION"]) == text.strip(), (event["DESCRIPTION"], text)
        assert str(event["LOCATION"]) == text.replace("\n", " ")[:200].strip()
    return set(found)


before = check(made)
for identity, (due, text) in list(made.items()):
    later = due + datetime.timedelta(days=400)
    path = f"/api/maintenance/{identity}"
    send("POST", f"{path}/postpone", {"dueDate": later.isoformat()})
    made[identity] = (later, text)
after = check(made)
assert after == before, "UIDs changed when items were postponed"
for identity, (due, text) in list(made.items()):
    path = f"/api/maintenance/{identity}"
    skipped = send("POST", f"{path}/skip")["dueDate"]
    made[identity] = (datetime.date.fromisoformat(skipped), text)
assert check(made) == before, "UIDs changed when items were skipped"
send("DELETE", "/api/maintenance/calendar-link")
try:
    events(url)
except urllib.error.HTTPError as refused:
    assert refused.code == 404, refused.code
else:
    raise AssertionError("a revoked address still works")
print(f"calendar: {len(before)} events read by icalendar {icalendar.__version__}, UIDs unchanged")
