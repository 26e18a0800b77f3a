// The first step after registration: fills in the browser's time zone.

import { control, forms } from "./dom.js";
import { timeZone } from "./zones.js";

for (const form of forms("form#welcome")) {
  const field = control(form, "timeZone");
  const { timeZone: ofBrowser } = Intl.DateTimeFormat().resolvedOptions();
  // A rejected form contains what the user sent.
  if (!form.noValidate) field.value = timeZone(field.defaultValue, field.value, ofBrowser);
}
