import assert from "node:assert/strict";
import test from "node:test";

import { describe } from "../passkey_error.js";

const texts = { notGiven: "Not given.", exists: "Exists.", noAnswer: "No answer." };

test("errors of the browser are described by the page's texts", () => {
  assert.equal(describe({ name: "NotAllowedError", message: "x" }, texts), "Not given.");
  assert.equal(describe({ name: "InvalidStateError", message: "x" }, texts), "Exists.");
  assert.equal(describe({ name: "TypeError", message: "Failed to fetch" }, texts), "No answer.");
  assert.equal(describe({ name: "SecurityError", message: "Wrong host." }, texts), "Wrong host.");
});

test("problems of the service are described by their detail", () => {
  const problem = { name: "Error", message: "the code is expired", problem: {} };
  assert.equal(describe(problem, texts), "The code is expired.");
  const errors = [{ detail: "must not be empty" }, { detail: "is too long" }];
  assert.equal(describe({ ...problem, problem: { errors } }, texts), "Must not be empty.");
});
