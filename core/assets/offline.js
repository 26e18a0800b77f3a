// On every page of a signed-in user: starts the service worker, shows how many entries wait to be sent, and asks before
// signing out deletes them. Without JavaScript, pages need a connection.

/**
 * How many entries wait: the user's, and those of all users of this browser.
 * @typedef {{ own: number, all: number }} Count
 */

const { user = "", messageSignOut = "" } = document.documentElement.dataset;

/**
 * Asks the service worker.
 * @param {{ about: "start" | "count" | "list" | "send" | "delete", id?: string }} question
 * @returns {Promise<any>}
 */
export const ask = async (question) => {
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = ({ data }) => resolve(data);
    active?.postMessage({ ...question, user }, [port2]);
  });
};

let all = 0;

const update = async () => {
  /** @type {Count} */
  const count = await ask({ about: "count" });
  all = count.all;
  /** @type {HTMLElement | null} */
  const link = document.querySelector("[data-waiting]");
  const number = link?.querySelector("b");
  if (!link || !number) return;
  link.hidden = count.own === 0;
  number.textContent = String(count.own);
};

const start = async () => {
  const isNew = navigator.serviceWorker.controller === null;
  await navigator.serviceWorker.register("/sw.js", { type: "module" });
  navigator.serviceWorker.addEventListener("message", update);
  addEventListener("online", () => ask({ about: "send" }));
  addEventListener("pageshow", update);
  await update();
  // Pages that were loaded before the service worker started did not pass through it.
  if (isNew) await ask({ about: "start" });
};

addEventListener("submit", (event) => {
  const isSignOut = event.target instanceof HTMLFormElement && event.target.matches("[action='/logout']");
  if (isSignOut && all > 0 && !confirm(messageSignOut)) event.preventDefault();
});

// Only in secure contexts, and not in private windows of some browsers.
if ("serviceWorker" in navigator) start().catch(() => {});
