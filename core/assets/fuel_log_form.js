// Fill-up form: calculates the third of volume, price and total once two of them are entered.
// Values that were entered or stored are never overwritten: only fields that were empty or calculated are
// updated, as long as the user does not edit them.
import { control, find, forms } from "./dom.js";
import { hasDecimalComma, read, third } from "./fill_up.js";
import { agree, product } from "./numbers.js";

/** @typedef {import("./fill_up.js").Part} Part */

/** @type {Part[]} */
const PARTS = ["volume", "price", "total"];

/** @param {HTMLFormElement} form */
const calculateIn = (form) => {
  const fields = {
    volume: control(form, "volume"),
    price: control(form, "unitPrice"),
    total: control(form, "amount"),
  };
  const currency = control(form, "currency");
  const [volumeUnit, priceUnit] = [control(form, "volumeUnit"), control(form, "unitPriceUnit")];
  const differs = find(form, "[data-differs]");
  const output = differs?.querySelector("output");
  const totalDecimals = Number(fields.total.dataset.decimals);
  /** @param {Part} part */
  const isDerived = (part) => "derived" in fields[part].dataset;
  // The parts whose values are calculated, here or by the server, and not entered.
  const calculated = new Set(PARTS.filter((part) => fields[part].value !== "" && isDerived(part)));

  /** @param {Part} part */
  const numberIn = (part) => {
    const { value, dataset } = fields[part];
    return read(value, { decimals: Number(dataset.decimals), max: dataset.most });
  };
  const numbers = () => ({ volume: numberIn("volume"), price: numberIn("price"), total: numberIn("total") });
  // A price may be stored for another unit, and currencies differ in their decimals.
  const canCalculate = () => volumeUnit.value === priceUnit.value && currency.value === currency.defaultValue;
  /** @type {(part: Part, number: string | null) => void} */
  const setCalculated = (part, number) => {
    if (number !== null) {
      // Use the decimal mark of the entered numbers.
      const isComma = PARTS.some((it) => !calculated.has(it) && hasDecimalComma(fields[it].value, numberIn(it)));
      fields[part].value = isComma ? number.replace(".", ",") : number;
      calculated.add(part);
    } else if (calculated.delete(part)) {
      fields[part].value = "";
    }
  };

  const update = () => {
    const open = PARTS.filter((part) => fields[part].value.trim() === "" || calculated.has(part));
    for (const part of open) {
      const isFree = fields[part].defaultValue === "" || isDerived(part);
      if (isFree && fields[part] !== document.activeElement) {
        const canBeKnown = open.length === 1 && canCalculate();
        setCalculated(part, canBeKnown ? third(part, numbers(), totalDecimals) : null);
      }
    }
    return open.length === 0;
  };
  if (calculated.size === 0) update();
  form.addEventListener("input", ({ target }) => {
    const edited = PARTS.find((part) => fields[part] === target);
    if (!edited) return;
    calculated.delete(edited);
    const isComplete = update() && canCalculate();
    if (!differs || !output) return;
    const { volume, price, total } = numbers();
    const isKnown = volume !== null && price !== null && total !== null;
    differs.hidden = !(isComplete && isKnown && !agree(volume, price, total, fields.total.dataset.step ?? "0"));
    if (!differs.hidden && isKnown) output.value = product(volume, price, totalDecimals);
  });
  // Do not send calculated values as if they had been entered.
  form.addEventListener("formdata", ({ formData }) => {
    for (const part of calculated) formData.set(fields[part].name, fields[part].defaultValue);
  });
};

forms("form[data-fill-up]").forEach(calculateIn);
