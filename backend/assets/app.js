// Fill-up form: calculates the third of volume, price and total once two of them are entered.
// Values that were entered or stored are never overwritten: only fields that were empty or calculated are
// updated, as long as the user does not edit them. Without JavaScript, the server calculates the same.
for (const form of document.querySelectorAll("form[data-fill-up]")) {
  const { volume, unitPrice: price, amount: total, currency } = form.elements;
  const { volumeUnit, unitPriceUnit } = form.elements;
  const fields = [volume, price, total];
  const differs = form.querySelector("[data-differs]");
  const decimals = (field) => Number(field.dataset.decimals);
  const isDerived = (field) => "derived" in field.dataset;
  // The fields whose values are calculated, here or by the server, and not entered.
  const calculated = new Set(fields.filter((it) => it.value !== "" && isDerived(it)));

  // The number in a field; null if it is not a number, or is ambiguous so that the server will ask.
  const read = (field) => {
    const { value, other } = Numbers.parse(field.value, { decimals: decimals(field) });
    const max = field.dataset.most;
    return value === undefined || (other && max && Numbers.isAtMost(other, max)) ? null : value;
  };
  // A price may be stored for another unit, and currencies differ in their decimals.
  const canCalculate = () =>
    volumeUnit.value === unitPriceUnit.value && currency.value === currency.defaultValue;
  const calculate = (field) => {
    const [v, p, t] = fields.map((it) => (it === field ? "" : read(it)));
    if (v === null || p === null || t === null || !canCalculate()) return null;
    if (field === total) return Numbers.product(v, p, decimals(total));
    return Numbers.quotient(t, field === price ? v : p, 3);
  };
  const setCalculated = (field, number) => {
    if (number !== null && /[1-9]/.test(number)) {
      // Use the decimal mark of the entered numbers.
      const isComma = fields.some(
        (it) => !calculated.has(it) && /,[0-9]*\s*$/.test(it.value) && read(it)?.includes("."),
      );
      field.value = isComma ? number.replace(".", ",") : number;
      calculated.add(field);
    } else if (calculated.delete(field)) {
      field.value = "";
    }
  };

  const update = () => {
    const open = fields.filter((it) => it.value.trim() === "" || calculated.has(it));
    for (const field of open) {
      const isFree = field.defaultValue === "" || isDerived(field);
      if (isFree && field !== document.activeElement) {
        setCalculated(field, open.length === 1 ? calculate(field) : null);
      }
    }
    return open.length === 0;
  };
  if (calculated.size === 0) update();
  form.addEventListener("input", ({ target }) => {
    if (!fields.includes(target)) return;
    calculated.delete(target);
    const isComplete = update() && canCalculate();
    const [v, p, t] = fields.map(read);
    const isKnown = v !== null && p !== null && t !== null;
    differs.hidden = !(isComplete && isKnown && !Numbers.agree(v, p, t, total.dataset.step));
    if (!differs.hidden) {
      differs.querySelector("output").value = Numbers.product(v, p, decimals(total));
    }
  });
  // Do not send calculated values as if they had been entered.
  form.addEventListener("formdata", ({ formData }) => {
    for (const field of calculated) formData.set(field.name, field.defaultValue);
  });
}

// Form for a new vehicle: looks up the VIN as soon as it is complete, fills in year, make and model if
// they are empty, and suggests values for them. Without JavaScript, a button and a page with lists do the
// same.
for (const form of document.querySelectorAll("form#vehicle")) {
  const { vin, year, make, model } = form.elements;
  const card = form.querySelector("#vin-card");
  const filledIn = new Map();
  const get = async (address) => {
    const response = await fetch(address, { headers: { accept: "*/*" } });
    return response.ok ? response : null;
  };
  let lookedUp = "";
  const lookUp = async () => {
    const text = vin.value.trim().toUpperCase();
    if (text === lookedUp) return;
    lookedUp = text;
    if (text.length < 17) return card.replaceChildren();
    const response = await get(`/vin/card?vin=${encodeURIComponent(text)}`).catch(() => null);
    if (!response || lookedUp !== text) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    card.replaceChildren(...page.body.children);
    const known = card.firstElementChild?.dataset ?? {};
    for (const [field, value] of [[year, known.year], [make, known.make], [model, known.model]]) {
      if (known.make && (field.value === "" || field.value === filledIn.get(field))) {
        field.value = value ?? "";
        filledIn.set(field, field.value);
      }
    }
  };
  if (card) {
    form.querySelector("[data-look-up]").hidden = true;
    vin.addEventListener("input", lookUp);
    card.addEventListener("click", (event) => {
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
      vin.value = link.textContent;
      lookUp();
      vin.focus();
    });
  }
  const suggest = async (field, address) => {
    const list = field.list;
    if (list.dataset.of === address) return;
    list.dataset.of = address;
    const response = await get(address).catch(() => null);
    const { items } = response ? await response.json() : { items: [] };
    list.replaceChildren(...items.map((item) => new Option(item, item)));
  };
  const yearQuery = () => (/^\d{4}$/.test(year.value) ? `year=${year.value}&` : "");
  year.addEventListener("focus", () => suggest(year, "/api/platform/years"));
  make.addEventListener("focus", () => suggest(make, `/api/platform/makes?${yearQuery()}`));
  model.addEventListener("focus", () => {
    if (make.value.trim() === "") return;
    suggest(model, `/api/platform/models?${yearQuery()}make=${encodeURIComponent(make.value.trim())}`);
  });
}
