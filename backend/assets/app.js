// On the fill-up form: works out the total from the price, or the price from the total, while
// they are typed. What was typed is never written over; the server does the same without this.
for (const form of document.querySelectorAll("form[data-fill-up]")) {
  const { gallons: volume, pricePerGallon: price, totalCost: total } = form.elements;
  const typed = new Set();
  const number = (field) => {
    const text = field.value.replace(/\s/g, "");
    return Number(text.includes(".") ? text.replace(/,/g, "") : text.replace(",", "."));
  };
  const put = (field, value, places) => {
    if (Number.isFinite(value) && value > 0) field.value = value.toFixed(places);
  };
  form.addEventListener("input", ({ target }) => {
    if (target !== volume && target !== price && target !== total) return;
    if (target.value === "") typed.delete(target);
    else typed.add(target);
    if (price.value !== "" && target !== total && !typed.has(total)) {
      put(total, number(volume) * number(price), 2);
    } else if (total.value !== "" && target !== price && !typed.has(price)) {
      put(price, number(total) / number(volume), 3);
    }
  });
}

// On the form for a new vehicle: says what the VIN means as soon as it is whole, fills year, make
// and model where nothing was typed, and offers lists of them. The server does the same without
// this, by a button and a page of lists.
for (const form of document.querySelectorAll("form#vehicle")) {
  const { vin, year, make, model } = form.elements;
  const card = form.querySelector("#vin-card");
  const filled = new Map();
  const ask = async (address) => {
    const answer = await fetch(address, { headers: { accept: "*/*" } });
    return answer.ok ? answer : null;
  };
  let asked = "";
  const look = async () => {
    const text = vin.value.trim().toUpperCase();
    if (text === asked) return;
    asked = text;
    if (text.length < 17) return card.replaceChildren();
    const answer = await ask(`/vin/card?vin=${encodeURIComponent(text)}`).catch(() => null);
    if (!answer || asked !== text) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    card.replaceChildren(...page.body.children);
    const known = card.firstElementChild?.dataset ?? {};
    for (const [field, value] of [[year, known.year], [make, known.make], [model, known.model]]) {
      if (known.make && (field.value === "" || field.value === filled.get(field))) {
        field.value = value ?? "";
        filled.set(field, field.value);
      }
    }
  };
  if (card) {
    form.querySelector("[data-look-up]").hidden = true;
    vin.addEventListener("input", look);
    card.addEventListener("click", (event) => {
      const link = event.target.closest("[data-suggestion]");
      if (!link) return;
      event.preventDefault();
      vin.value = link.textContent;
      look();
      vin.focus();
    });
  }
  const offer = async (field, address) => {
    const list = field.list;
    if (list.dataset.of === address) return;
    list.dataset.of = address;
    const answer = await ask(address).catch(() => null);
    const { items } = answer ? await answer.json() : { items: [] };
    list.replaceChildren(...items.map((item) => new Option(item, item)));
  };
  const of = () => (/^\d{4}$/.test(year.value) ? `year=${year.value}&` : "");
  year.addEventListener("focus", () => offer(year, "/api/platform/years"));
  make.addEventListener("focus", () => offer(make, `/api/platform/makes?${of()}`));
  model.addEventListener("focus", () => {
    if (make.value.trim() === "") return;
    offer(model, `/api/platform/models?${of()}make=${encodeURIComponent(make.value.trim())}`);
  });
}
