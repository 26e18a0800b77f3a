// Passkeys: registers and uses them with the browser's API. Elements that need passkeys are hidden unless the
// browser supports them and can serialize its responses to JSON.
const form = document.querySelector("[data-passkeys]");
const isSupported = typeof window.PublicKeyCredential?.parseCreationOptionsFromJSON === "function";

const post = async (path, body) => {
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

const signIn = async () => {
  const { ceremony, publicKey } = await post("/api/auth/login/passkey/begin");
  const options = PublicKeyCredential.parseRequestOptionsFromJSON(publicKey);
  const credential = await navigator.credentials.get({ publicKey: options });
  await post("/api/auth/login/passkey/finish", { ceremony, credential: credential.toJSON() });
  location.assign(form.dataset.next);
};

const add = async () => {
  const name = form.elements.name.value;
  const { ceremony, publicKey } = await post("/api/auth/passkeys/begin");
  const options = PublicKeyCredential.parseCreationOptionsFromJSON(publicKey);
  const credential = await navigator.credentials.create({ publicKey: options });
  const body = { ceremony, name, credential: credential.toJSON() };
  const { recoveryCodes } = await post("/api/auth/passkeys/finish", body);
  if (!recoveryCodes) return location.assign("/settings/factors?saved");
  // This is the first factor: show the recovery codes, which are displayed only once, instead of everything else.
  const codes = document.querySelector("#new-codes");
  for (const code of recoveryCodes) {
    codes.querySelector("ol").append(Object.assign(document.createElement("li"), { textContent: code }));
  }
  document.querySelector("#factors").hidden = true;
  codes.hidden = false;
  codes.querySelector("h2").focus();
};

const describe = ({ name, message, problem }) => {
  if (name === "NotAllowedError") return "No passkey was given. Try again.";
  if (name === "InvalidStateError") return "This device has a passkey for your account already.";
  if (!problem) return name === "TypeError" ? "The service did not answer. Try again." : message;
  const text = problem.errors?.[0]?.detail ?? message;
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
};

if (form && isSupported) {
  form.hidden = false;
  const error = form.querySelector("[role=alert]");
  const button = form.querySelector("button");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    error.textContent = "";
    button.disabled = true;
    try {
      await (form.dataset.passkeys === "add" ? add : signIn)();
    } catch (failure) {
      if (failure.problem?.type === "/problems/confirmation-required") location.reload();
      error.textContent = describe(failure);
    }
    button.disabled = false;
  });
}
