import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { agree, isAtMost, parse, product, quotient } from "../numbers.js";

test("numbers are parsed as on the server", () => {
  const table = JSON.parse(readFileSync(new URL("../../tests/data/numbers.json", import.meta.url), "utf8"));
  assert.ok(table.cases.length >= 60);
  for (const row of table.cases) {
    for (const [name, format] of Object.entries(table.fields)) {
      const number = parse(row.typed, format);
      const found = number.other ? [number.value, number.other] : (number.value ?? number);
      assert.deepEqual(found, row[name] ?? row.all, `${row.typed} as ${name}`);
    }
  }
});

test("products are exact and rounded half up", () => {
  assert.equal(product("40", "1.799", 2), "71.96");
  // In floating point, 1.005 * 100 is 100.49999999999999.
  assert.equal(product("1.005", "100", 0), "101");
  assert.equal(product("0.005", "1", 2), "0.01");
  assert.equal(product("99999.999", "99999999.9999", 3), "9999999899990.000");
});

test("quotients are exact and rounded half up", () => {
  assert.equal(quotient("50", "40", 3), "1.250");
  assert.equal(quotient("2", "3", 3), "0.667");
  assert.equal(quotient("2", "3", 0), "1");
  assert.equal(quotient("2", "0.00", 3), null);
});

test("a total may differ from the product by one step", () => {
  for (const [volume, price, total, step, expected] of [
    ["40", "1.70", "68.01", "0.01", true],
    ["40", "1.70", "67.99", "0.01", true],
    ["40", "1.70", "68.011", "0.01", false],
    ["40", "170", "6801", "1", true],
    ["40.12", "615", "24675", "5", true],
    ["40.12", "615", "24680", "5", false],
  ]) {
    assert.equal(agree(volume, price, total, step), expected, `${volume} * ${price} = ${total}`);
  }
});

test("numbers with different decimals are compared by value", () => {
  assert.equal(isAtMost("2000", "2000.0"), true);
  assert.equal(isAtMost("2000.001", "2000"), false);
});
