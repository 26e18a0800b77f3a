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
