import assert from "node:assert/strict";
import test from "node:test";

import { distance, nearest } from "../nearest.js";

const munich = { latitude: 48.1, longitude: 11.5 };

test("the nearest place is found", () => {
  const places = [
    { latitude: 48.2, longitude: 11.5, name: "north" },
    { latitude: 48.1, longitude: 11.51, name: "close" },
    { latitude: 48.0, longitude: 11.5, name: "south" },
  ];
  assert.equal(nearest(places, munich)?.name, "close");
  assert.equal(places[0].name, "north", "the places stay in their order");
});

test("of places at the same distance, the first is the nearest", () => {
  const places = [{ ...munich, name: "first" }, { ...munich, name: "second" }];
  assert.equal(nearest(places, munich)?.name, "first");
});

test("without places, none is the nearest", () => {
  assert.equal(nearest([], munich), undefined);
});

test("a degree of longitude is shorter than one of latitude", () => {
  const east = { latitude: 60, longitude: 11 };
  const north = { latitude: 60.6, longitude: 10 };
  const from = { latitude: 60, longitude: 10 };
  assert.ok(Math.abs(distance(east, from) - 0.5) < 1e-9);
  assert.equal(nearest([north, east], from), east);
});

test("distances across the antimeridian are short", () => {
  const from = { latitude: 0, longitude: 179.9 };
  assert.ok(Math.abs(distance({ latitude: 0, longitude: -179.9 }, from) - 0.2) < 1e-9);
  const back = { latitude: 0, longitude: -179.9 };
  assert.ok(Math.abs(distance({ latitude: 0, longitude: 179.9 }, back) - 0.2) < 1e-9);
});
