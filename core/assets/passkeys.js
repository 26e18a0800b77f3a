// Passkeys: registers and uses them with the browser's API. Elements that need passkeys are hidden unless the
// browser supports them and can serialize its responses to JSON.
import { control, find, forms } from "./dom.js";
import { describe } from "./passkey_error.js";

/** @typedef {import("./passkey_error.js").Failure} Failure */

const parser = /** @type {Partial<CredentialParser> | undefined} */ (
  /** @type {unknown} */ (window.PublicKeyCredential)
);

/**
 * Sends a request to the API.
 * @param {string} path
 * @param {object} [body]
 */
const post = async (path, body) => {
  /** @type {RequestInit} */
  const init = { method: "POST" };
  if (body) {
    init.headers = { "content-type": "application/json" };
    init.body = JSON.stringify(body);
  }
  const response = await fetch(path, init);
  const result = await response.json();
  if (!response.ok) throw Object.assign(new Error(result.detail), { problem: result });
  return result;
};

/**
 * Serializes the browser's answer.
 * @param {Credential | null} credential
 */
const serialize = (credential) => /** @type {JsonCredential} */ (/** @type {unknown} */ (credential)).toJSON();

/**
 * @param {CredentialParser} parser
 * @param {HTMLFormElement} form
 */
const signIn = async (parser, form) => {
  const { ceremony, publicKey } = await post("/api/auth/login/passkey/begin");
  const options = parser.parseRequestOptionsFromJSON(publicKey);
  const credential = serialize(await navigator.credentials.get({ publicKey: options }));
  await post("/api/auth/login/passkey/finish", { ceremony, credential });
  location.assign(form.dataset.next ?? "/");
};

/**
 * @param {CredentialParser} parser
 * @param {HTMLFormElement} form
 */
const add = async (parser, form) => {
  const name = control(form, "name").value;
  const { ceremony, publicKey } = await post("/api/auth/passkeys/begin");
  const options = parser.parseCreationOptionsFromJSON(publicKey);
  const credential = serialize(await navigator.credentials.create({ publicKey: options }));
  const { recoveryCodes } = await post("/api/auth/passkeys/finish", { ceremony, name, credential });
  const codes = find(document, "#new-codes");
  const factors = find(document, "#factors");
  if (!recoveryCodes || !codes || !factors) {
    location.assign("/settings/factors?saved");
    return;
  }
  // This is the first factor: show the recovery codes, which are displayed only once, instead of everything else.
  for (const code of recoveryCodes) {
    const item = Object.assign(document.createElement("li"), { textContent: code });
    find(codes, "ol")?.append(item);
  }
  factors.hidden = true;
  codes.hidden = false;
  find(codes, "h2")?.focus();
};

/**
 * Shows a form, and uses a passkey when it is submitted.
 * @param {CredentialParser} parser
 * @param {HTMLFormElement} form
 */
const enable = (parser, form) => {
  const { messageNotGiven = "", messageExists = "", messageNoAnswer = "" } = form.dataset;
  const texts = { notGiven: messageNotGiven, exists: messageExists, noAnswer: messageNoAnswer };
  const error = find(form, "[role=alert]");
  const button = form.querySelector("button");
  if (!error || !button) return;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    error.textContent = "";
    button.disabled = true;
    try {
      await (form.dataset.passkeys === "add" ? add : signIn)(parser, form);
    } catch (thrown) {
      const failure = /** @type {Failure} */ (thrown);
      if (failure.problem?.type === "/problems/confirmation-required") location.reload();
      error.textContent = describe(failure, texts);
    }
    button.disabled = false;
  });
};

if (typeof parser?.parseCreationOptionsFromJSON === "function") {
  for (const form of forms("form[data-passkeys]")) enable(/** @type {CredentialParser} */ (parser), form);
}
