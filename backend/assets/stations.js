// Requests the user's location only when a button is tapped, and sends it only to this service. Without
// JavaScript, users enter coordinates.
const locateOnClick = (button, onLocation, deniedMessage) => {
  if (!button || !navigator.geolocation) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        button.disabled = false;
        onLocation(coords.latitude, coords.longitude);
      },
      () => {
        button.disabled = false;
        if (deniedMessage) deniedMessage.hidden = false;
      },
      { maximumAge: 60000, timeout: 10000 },
    );
  });
};

// Searches around the user's location.
for (const form of document.querySelectorAll("form[data-near]")) {
  locateOnClick(
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
  locateOnClick(select.closest(".field").querySelector("[data-locate]"), (latitude, longitude) => {
    const longitudeScale = Math.cos((latitude * Math.PI) / 180);
    const distance = ({ dataset }) => {
      const deltaLongitude = ((Number(dataset.lng) - longitude + 540) % 360) - 180;
      return Math.hypot(Number(dataset.lat) - latitude, deltaLongitude * longitudeScale);
    };
    const stations = [...select.options].filter((option) => option.dataset.lat);
    stations.sort((one, other) => distance(one) - distance(other));
    if (stations.length > 0) select.value = stations[0].value;
  });
}

// Shows the page's stations on a map, if the service has one. The lists contain the same stations.
const map = document.querySelector("[data-map]");
const rows = [...document.querySelectorAll(".stations li[data-lat]")];
if (map && window.L && rows.length > 0) {
  map.hidden = false;
  const leafletMap = L.map(map, { attributionControl: "tiles" in map.dataset });
  if ("tiles" in map.dataset) {
    // Tile servers require a referrer.
    L.tileLayer(map.dataset.tiles, {
      maxZoom: 19,
      referrerPolicy: "origin",
      attribution: "© OpenStreetMap contributors",
    }).addTo(leafletMap);
  }
  const positions = rows.map((row) => {
    const position = [Number(row.dataset.lat), Number(row.dataset.lng)];
    const name = document.createElement("span");
    name.textContent = row.querySelector("h3").textContent;
    const className = row.classList.contains("favorite") ? "spot favorite" : "spot";
    const marker = L.circleMarker(position, { radius: 9, className }).addTo(leafletMap).bindTooltip(name);
    const link = row.querySelector("h3 a");
    if (link) marker.on("click", () => link.click());
    return position;
  });
  leafletMap.fitBounds(positions, { padding: [28, 28], maxZoom: 15 });
}

// Updates the progress of an import. Without JavaScript, the page reloads itself.
const updateImport = async () => {
  const progress = document.querySelector("[data-import]");
  if (!progress) return;
  try {
    const response = await fetch(location.pathname);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const updated = page.querySelector("[data-import]");
    if (!response.ok || !updated) return location.reload();
    progress.replaceChildren(...updated.childNodes);
  } catch {
    // The service is temporarily unavailable.
  }
  setTimeout(updateImport, 1000);
};
setTimeout(updateImport, 1000);

// Checks the size of a file before it is uploaded.
for (const form of document.querySelectorAll("form[data-largest]")) {
  const message = form.querySelector("[data-too-large]");
  const field = form.elements.file;
  field.addEventListener("change", () => {
    const [file] = field.files;
    message.hidden = !file || file.size <= Number(form.dataset.largest) * 1024 * 1024;
    field.setCustomValidity(message.hidden ? "" : message.textContent);
  });
}
