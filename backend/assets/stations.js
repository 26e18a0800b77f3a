// Where one is, asked for only when a button is tapped, and told only to this service. Without
// this, a place is typed.
const here = (button, use, sorry) => {
  if (!button || !navigator.geolocation) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        button.disabled = false;
        use(coords.latitude, coords.longitude);
      },
      () => {
        button.disabled = false;
        if (sorry) sorry.hidden = false;
      },
      { maximumAge: 60000, timeout: 10000 },
    );
  });
};

// The search around where one is.
for (const form of document.querySelectorAll("form[data-near]")) {
  here(
    form.querySelector("[data-locate]"),
    (latitude, longitude) => {
      form.elements.lat.value = latitude.toFixed(5);
      form.elements.lng.value = longitude.toFixed(5);
      form.submit();
    },
    form.querySelector("[data-denied]"),
  );
}

// The favourite that is nearest, on the fill-up form.
for (const select of document.querySelectorAll("select[data-stations]")) {
  here(select.closest(".field").querySelector("[data-locate]"), (latitude, longitude) => {
    const narrow = Math.cos((latitude * Math.PI) / 180);
    const away = ({ dataset }) => {
      const aside = ((Number(dataset.lng) - longitude + 540) % 360) - 180;
      return Math.hypot(Number(dataset.lat) - latitude, aside * narrow);
    };
    const known = [...select.options].filter((option) => option.dataset.lat);
    known.sort((one, other) => away(one) - away(other));
    if (known.length > 0) select.value = known[0].value;
  });
}

// The stations of the page upon a map, where the service has one; the lists say the same.
const map = document.querySelector("[data-map]");
const rows = [...document.querySelectorAll(".stations li[data-lat]")];
if (map && window.L && rows.length > 0) {
  map.hidden = false;
  const chart = L.map(map, { attributionControl: "tiles" in map.dataset });
  if ("tiles" in map.dataset) {
    // Those who give pictures want to know who shows them.
    L.tileLayer(map.dataset.tiles, {
      maxZoom: 19,
      referrerPolicy: "origin",
      attribution: "© OpenStreetMap contributors",
    }).addTo(chart);
  }
  const places = rows.map((row) => {
    const at = [Number(row.dataset.lat), Number(row.dataset.lng)];
    const name = document.createElement("span");
    name.textContent = row.querySelector("h3").textContent;
    const kind = row.classList.contains("favorite") ? "spot favorite" : "spot";
    const spot = L.circleMarker(at, { radius: 9, className: kind }).addTo(chart).bindTooltip(name);
    const link = row.querySelector("h3 a");
    if (link) spot.on("click", () => link.click());
    return at;
  });
  chart.fitBounds(places, { padding: [28, 28], maxZoom: 15 });
}

// How far a file has come that is being brought in. Without this the page loads itself anew.
const follow = async () => {
  const shown = document.querySelector("[data-import]");
  if (!shown) return;
  try {
    const answer = await fetch(location.pathname);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.querySelector("[data-import]");
    if (!answer.ok || !now) return location.reload();
    shown.replaceChildren(...now.childNodes);
  } catch {
    // The service is away for a moment.
  }
  setTimeout(follow, 1000);
};
setTimeout(follow, 1000);

// A file that would be refused for its size need not be sent first.
for (const form of document.querySelectorAll("form[data-largest]")) {
  const told = form.querySelector("[data-too-large]");
  const field = form.elements.file;
  field.addEventListener("change", () => {
    const [file] = field.files;
    told.hidden = !file || file.size <= Number(form.dataset.largest) * 1024 * 1024;
    field.setCustomValidity(told.hidden ? "" : told.textContent);
  });
}
