// The page of the outbox: lists the entries that wait, and why the server rejected some.
import { shownValues, vehicleOf } from "./entry.js";
import { ask } from "./offline.js";

/** @typedef {import("./entry.js").Entry} Entry */

/**
 * The element that matches, on a page that has it.
 * @param {ParentNode} parent
 * @param {string} selector
 * @returns {HTMLElement}
 */
const get = (parent, selector) => /** @type {HTMLElement} */ (parent.querySelector(selector));

/**
 * The text of a template.
 * @param {string} selector
 */
const text = (selector) => {
  const template = /** @type {HTMLTemplateElement | null} */ (document.querySelector(`template${selector}`));
  return template?.content.textContent ?? "";
};

const page = get(document, "[data-outbox]");
/** @type {Record<string, string>} */
const vehicles = JSON.parse(page.dataset.vehicles ?? "{}");
/** @type {Record<string, string>} */
const units = JSON.parse(page.dataset.units ?? "{}");
const list = get(page, "[data-entries]");
const send = get(page, "[data-send]");

/**
 * What the server said about an entry: the errors of a form, or the text of a problem's page.
 * @param {string | null} reason
 * @returns {string[]}
 */
const reasonsOf = (reason) => {
  if (reason === null) return [text("[data-reason=old]")];
  const answer = new DOMParser().parseFromString(reason, "text/html");
  const reasons = [...answer.querySelectorAll(".notice.bad li, .empty > p:not([class])")];
  return reasons.length > 0 ? reasons.map((it) => it.textContent ?? "") : [text("[data-reason=other]")];
};

/** @param {string} date */
const formatDate = (date) =>
  new Date(`${date}T00:00`).toLocaleDateString(document.documentElement.lang, { dateStyle: "medium" });

/**
 * The row of an entry.
 * @param {Entry} entry
 */
const rowOf = (entry) => {
  const template = /** @type {HTMLTemplateElement} */ (get(page, "template[data-entry]"));
  const row = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  const vehicle = vehicles[vehicleOf(entry.action) ?? ""];
  const kind = text(`[data-kind="${entry.kind}"]`);
  get(row, "h2").textContent = vehicle ? `${kind} · ${vehicle}` : kind;
  get(row, "[data-values]").textContent = shownValues(entry, units, formatDate).join(" · ");
  for (const part of row.querySelectorAll("[data-state]")) {
    if (part instanceof HTMLElement) part.hidden = part.dataset.state !== entry.state;
  }
  const time = /** @type {HTMLTimeElement} */ (get(row, "time"));
  const enteredAt = new Date(entry.enteredAt);
  time.dateTime = enteredAt.toISOString();
  const format = /** @type {const} */ ({ dateStyle: "medium", timeStyle: "short" });
  time.textContent = enteredAt.toLocaleString(document.documentElement.lang, format);
  if (entry.state === "refused") {
    const items = reasonsOf(entry.reason).map((reason) => {
      const item = document.createElement("li");
      item.textContent = reason;
      return item;
    });
    get(row, "ul").replaceChildren(...items);
  }
  const form = /** @type {HTMLFormElement} */ (get(row, "form"));
  form.action = entry.action;
  for (const [name, value] of entry.fields) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    form.append(field);
  }
  get(row, "[data-delete]").addEventListener("click", async () => {
    if (!confirm(page.dataset.messageDelete)) return;
    await ask({ about: "delete", id: entry.id });
    await show();
  });
  return row;
};

const show = async () => {
  /** @type {Entry[]} */
  const entries = await ask({ about: "list" });
  list.replaceChildren(...entries.map(rowOf));
  list.hidden = entries.length === 0;
  get(page, "[data-none]").hidden = entries.length > 0;
  send.hidden = !entries.some((it) => it.state === "waiting");
  const saved = get(page, "[data-saved]");
  const isSaved = location.hash === "#saved" && !send.hidden;
  if (isSaved && saved.hidden) {
    saved.hidden = false;
    saved.focus();
  } else {
    saved.hidden = !isSaved;
  }
};

send.addEventListener("click", () => ask({ about: "send" }));
navigator.serviceWorker?.addEventListener("message", show);
addEventListener("pageshow", show);
