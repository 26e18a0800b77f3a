import assert from "node:assert/strict";
import test from "node:test";

import {
  isOld,
  kindOf,
  outcome,
  refuse,
  shownValues,
  storedPage,
  valueOf,
  vehicleOf,
  withNewForm,
} from "../entry.js";

const DAY = 24 * 60 * 60 * 1000;

/** An entry as the service worker stores it. */
const entry = (fields) => ({
  id: "e-1",
  user: "ann",
  kind: "fill-up",
  action: "/vehicles/v-1/fuel-logs/new",
  fields,
  enteredAt: 1_000,
  attemptedAt: 1_000,
  state: "waiting",
  reason: null,
});

test("only forms that add a record are stored", () => {
  assert.equal(kindOf("/vehicles/v-1/fuel-logs/new"), "fill-up");
  assert.equal(kindOf("/vehicles/v-1/odometer"), "reading");
  assert.equal(kindOf("/vehicles/v-1/maintenance/new"), "service");
  assert.equal(kindOf("/maintenance/m-1/complete"), "service");
  for (const path of ["/fuel-logs/f-1/edit", "/fuel-logs/f-1/delete", "/settings/password", "/login", "/logout"]) {
    assert.equal(kindOf(path), null, path);
  }
});

test("a stored page is found by its path, whatever else the address says", () => {
  const stored = (path) => storedPage(new URL(path, "https://example.org"));
  assert.equal(stored("/vehicles/v-1/fuel-logs/new?choose=true"), "/vehicles/v-1/fuel-logs/new");
  assert.equal(stored("/vehicles/v-1/fuel-logs/new"), "/vehicles/v-1/fuel-logs/new");
  assert.equal(stored("/fuel-logs/new"), "/fuel-logs/new");
  assert.equal(stored("/outbox?x"), "/outbox");
  const service = "/vehicles/v-1/maintenance/new?done=true";
  assert.equal(stored("/vehicles/v-1/maintenance/new?type=tires&done=true"), service);
  assert.equal(stored("/vehicles/v-1/maintenance/new?done=true&anyType=true"), service);
  // A reminder is another form.
  assert.equal(stored("/vehicles/v-1/maintenance/new?type=tires"), null);
  for (const path of ["/vehicles", "/vehicles/v-1", "/settings", "/maintenance/m-1/complete", "/"]) {
    assert.equal(stored(path), null, path);
  }
});

test("the vehicle is part of the path", () => {
  assert.equal(vehicleOf("/vehicles/v-1/fuel-logs/new?choose=true"), "v-1");
  assert.equal(vehicleOf("/fuel-logs/new"), null);
});

test("an entry is saved, refused, or sent again later", () => {
  assert.equal(outcome(204), "saved");
  for (const status of [400, 404, 409, 413, 422]) assert.equal(outcome(status), "refused", status);
  // Signed out or signed in as someone else, too many requests, or the server is not well. 0 is a redirect.
  for (const status of [0, 303, 401, 403, 408, 429, 500, 502, 503, 504]) assert.equal(outcome(status), "later", status);
});

test("a refused entry becomes a new form that is recognized by its ID", () => {
  const fields = [["odometer", "100"], ["once", "o-1"], ["isFull", "false"], ["isFull", "true"]];
  const refused = refuse(entry(fields), "<p>");
  assert.equal(valueOf(refused.fields, "once"), "e-1");
  assert.deepEqual(refused.fields.filter(([name]) => name === "isFull"), fields.slice(2));
  assert.equal(refused.state, "refused");
});

test("an entry is old before the server forgets it", () => {
  const { attemptedAt } = entry([]);
  assert.equal(isOld(entry([]), attemptedAt + 28 * DAY), false);
  assert.equal(isOld(entry([]), attemptedAt + 30 * DAY), true);
});

test("each use of a stored page is another form", () => {
  const html = `<input name="once" value="o-1"><input name="signedInAs" value="ann">`;
  assert.equal(withNewForm(html, "o-2"), `<input name="once" value="o-2"><input name="signedInAs" value="ann">`);
  assert.equal(withNewForm("<p>No form</p>", "o-2"), "<p>No form</p>");
});

test("values are shown as they were entered, with their units", () => {
  const fields = [
    ["odometer", " 84.120 "],
    ["odometerUnit", "km"],
    ["volume", "40,5"],
    ["volumeUnit", "gal_us"],
    ["amount", ""],
    ["currency", "EUR"],
    ["date", "2026-12-01"],
  ];
  const shown = shownValues(entry(fields), { gal_us: "gal", km: "km" }, (date) => `on ${date}`);
  assert.deepEqual(shown, ["on 2026-12-01", "84.120 km", "40,5 gal"]);
});
