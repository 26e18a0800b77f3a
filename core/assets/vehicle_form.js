// Form for a new vehicle: looks up the VIN as soon as it is complete, fills in year, make and model if
// they are empty, and suggests values for them. Without JavaScript, a button and a page with lists do the
// same.
import { control, find, forms } from "./dom.js";
import { YEARS, makes, models } from "./suggestions.js";

/** @param {string} path */
const get = async (path) => {
  const response = await fetch(path, { headers: { accept: "*/*" } }).catch(() => null);
  return response?.ok ? response : null;
};

/**
 * Adds suggestions to the list of a field.
 * @param {HTMLInputElement} field
 * @param {string | null} path The path of the suggestions; null if there are none.
 */
const suggest = async (field, path) => {
  const { list } = field;
  if (!list || path === null || list.dataset.of === path) return;
  list.dataset.of = path;
  const response = await get(path);
  /** @type {{ items: string[] }} */
  const { items } = response ? await response.json() : { items: [] };
  list.replaceChildren(...items.map((item) => new Option(item, item)));
};

/**
 * Looks up the VIN while it is typed, and shows what it means in `card`.
 * @param {HTMLFormElement} form
 * @param {HTMLElement} card
 */
const lookUpVin = (form, card) => {
  const vin = control(form, "vin");
  const year = control(form, "year");
  /** @type {Map<HTMLInputElement, string>} */
  const filledIn = new Map();
  let lookedUp = "";
  const lookUp = async () => {
    const text = vin.value.trim().toUpperCase();
    if (text === lookedUp) return;
    lookedUp = text;
    if (text.length < 17) {
      card.replaceChildren();
      return;
    }
    const response = await get(`/vin/card?vin=${encodeURIComponent(text)}`);
    if (!response || lookedUp !== text) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    card.replaceChildren(...page.body.children);
    const known = find(card, "[data-vin]")?.dataset;
    if (!known?.make) return;
    for (const name of ["year", "make", "model"]) {
      const field = control(form, name);
      if (field.value === "" || field.value === filledIn.get(field)) {
        field.value = known[name] ?? "";
        filledIn.set(field, field.value);
      }
    }
  };
  const button = find(form, "[data-look-up]");
  if (button) button.hidden = true;
  vin.addEventListener("input", lookUp);
  card.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    /** @type {HTMLButtonElement | null} */
    const choice = event.target.closest("[data-year-choice]");
    if (choice) {
      event.preventDefault();
      year.value = choice.value;
      year.focus();
      return;
    }
    const link = event.target.closest("[data-suggestion]");
    if (!link) return;
    event.preventDefault();
    vin.value = link.textContent ?? "";
    lookUp();
    vin.focus();
  });
};

for (const form of forms("form#vehicle")) {
  const card = find(form, "#vin-card");
  if (card) lookUpVin(form, card);
  const [year, make, model] = [control(form, "year"), control(form, "make"), control(form, "model")];
  year.addEventListener("focus", () => suggest(year, YEARS));
  make.addEventListener("focus", () => suggest(make, makes(year.value)));
  model.addEventListener("focus", () => suggest(model, models(year.value, make.value)));
}
