// Requests the user's location only when a button is tapped, and sends it only to this service. Without
// JavaScript, users enter coordinates.
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

// Searches around the user's location.
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

// Selects the nearest favorite on the fill-up form.
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

// Shows the page's stations on a map, if the service has one. The lists contain the same stations.
const map = document.querySelector("[data-map]");
const rows = [...document.querySelectorAll(".stations li[data-lat]")];
if (map && window.L && rows.length > 0) {
  map.hidden = false;
  const chart = L.map(map, { attributionControl: "tiles" in map.dataset });
  if ("tiles" in map.dataset) {
    // Tile servers require a referrer.
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

// Updates the progress of an import. Without JavaScript, the page reloads itself.
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
    // The service is temporarily unavailable.
  }
  setTimeout(follow, 1000);
};
setTimeout(follow, 1000);

// Checks the size of a file before it is uploaded.
for (const form of document.querySelectorAll("form[data-largest]")) {
  const told = form.querySelector("[data-too-large]");
  const field = form.elements.file;
  field.addEventListener("change", () => {
    const [file] = field.files;
    told.hidden = !file || file.size <= Number(form.dataset.largest) * 1024 * 1024;
    field.setCustomValidity(told.hidden ? "" : told.textContent);
  });
}
