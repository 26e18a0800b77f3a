import assert from "node:assert/strict";
import test from "node:test";

import { hasDecimalComma, read, third } from "../fill_up.js";

test("the third of volume, price and total is calculated from the other two", () => {
  assert.equal(third("total", { volume: "40", price: "1.799", total: null }, 2), "71.96");
  assert.equal(third("total", { volume: "40.5", price: "170", total: "1" }, 0), "6885");
  assert.equal(third("price", { volume: "40", price: null, total: "50" }, 2), "1.250");
  assert.equal(third("volume", { volume: null, price: "1.70", total: "50" }, 2), "29.412");
});

test("nothing is calculated from a missing number or zero", () => {
  assert.equal(third("total", { volume: null, price: "1.799", total: null }, 2), null);
  assert.equal(third("price", { volume: "40", price: null, total: null }, 2), null);
  assert.equal(third("price", { volume: "0", price: null, total: "50" }, 2), null);
  assert.equal(third("total", { volume: "0.001", price: "0.001", total: null }, 2), null);
});

test("a number is read in either notation", () => {
  assert.equal(read("1.050,00", { decimals: 2 }), "1050.00");
  assert.equal(read("1,050.00", { decimals: 2 }), "1050.00");
  assert.equal(read("40,5.1", { decimals: 3 }), null);
  assert.equal(read("", { decimals: 3 }), null);
});

test("a number that could mean thousands is not read unless the larger one is impossible", () => {
  assert.equal(read("1.234", { decimals: 3, max: "2000" }), null);
  assert.equal(read("1.234", { decimals: 3, max: "500" }), "1.234");
  assert.equal(read("1.234", { decimals: 3 }), "1.234");
});

test("a decimal comma is recognized", () => {
  const has = (text, decimals) => hasDecimalComma(text, read(text, { decimals }));
  assert.equal(has("40,5", 3), true);
  assert.equal(has("40.5", 3), false);
  // Here, the comma separates thousands.
  assert.equal(has("1,050", 2), false);
  assert.equal(has("forty,", 2), false);
});
