import assert from "node:assert/strict";
import test from "node:test";

import { makes, models } from "../suggestions.js";

test("makes and models are suggested for a complete year", () => {
  assert.equal(makes("2003"), "/api/platform/makes?year=2003&");
  assert.equal(makes("20"), "/api/platform/makes?");
  assert.equal(models("2003", " Land Rover "), "/api/platform/models?year=2003&make=Land%20Rover");
  assert.equal(models("", "A&B"), "/api/platform/models?make=A%26B");
});

test("no models are suggested without a make", () => {
  assert.equal(models("2003", " "), null);
});
