import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";

const folder = new URL("../", import.meta.url);

/** The contents of all strings of a script. */
const strings = (script) => {
  const code = script.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*/gm, "");
  return [...code.matchAll(/"([^"\n]*)"|'([^'\n]*)'|`([^`]*)`/g)].map(([, ...found]) =>
    found.find((text) => text !== undefined).replace(/\$\{[^}]*\}/g, ""),
  );
};

/** Whether a string looks like a text for people: a capitalized word and another one, or a sentence. */
const isText = (string) => /\b[A-Z][a-z]* [A-Za-z]/.test(string) || /[a-z]{2}[.!]$/.test(string);

test("texts for people come from the page, not from a script", () => {
  const scripts = readdirSync(folder).filter((name) => name.endsWith(".js"));
  assert.ok(scripts.length >= 8, scripts.join());
  for (const name of scripts) {
    const texts = strings(readFileSync(new URL(name, folder), "utf8")).filter(isText);
    assert.deepEqual(texts, [], name);
  }
});

test("a text in a script is found", () => {
  const script = `
    // It's a comment. "Not a string."
    field.textContent = "Try again";
    const other = \`\${count} files are too large.\`;
    find(form, ".stations li[data-lat]");
  `;
  assert.deepEqual(strings(script).filter(isText), ["Try again", " files are too large."]);
});
