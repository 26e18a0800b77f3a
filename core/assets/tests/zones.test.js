import assert from "node:assert/strict";
import test from "node:test";

import { timeZone } from "../zones.js";

test("the browser's time zone replaces the server's guess", () => {
  assert.equal(timeZone("America/New_York", "America/New_York", "America/Chicago"), "America/Chicago");
});

test("a time zone that was typed stays", () => {
  assert.equal(timeZone("America/New_York", "Europe/Paris", "America/Chicago"), "Europe/Paris");
});

test("without a time zone of the browser, the server's guess stays", () => {
  assert.equal(timeZone("Europe/Berlin", "Europe/Berlin", undefined), "Europe/Berlin");
});
