// Stations: searches around the user's location, selects the nearest favorite, draws the map, and follows an
// import. The location is requested only when a button is tapped, and sent only to this service. Without
// JavaScript, users enter coordinates.
import { control, find, forms } from "./dom.js";
import { nearest } from "./nearest.js";

/** @typedef {import("./nearest.js").Point} Point */

/**
 * Requests the user's location when a button is tapped.
 * @param {HTMLElement | null} element The button; it is hidden if the browser has no location.
 * @param {(location: Point) => void} onLocation
 * @param {HTMLElement | null} [denied] Is shown if the user does not allow it.
 */
const locateOnClick = (element, onLocation, denied) => {
  if (!(element instanceof HTMLButtonElement) || !navigator.geolocation) return;
  element.hidden = false;
  element.addEventListener("click", () => {
    element.disabled = true;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        element.disabled = false;
        onLocation(coords);
      },
      () => {
        element.disabled = false;
        if (denied) denied.hidden = false;
      },
      { maximumAge: 60000, timeout: 10000 },
    );
  });
};

// Searches around the user's location.
for (const form of forms("form[data-near]")) {
  locateOnClick(
    find(form, "[data-locate]"),
    ({ latitude, longitude }) => {
      control(form, "lat").value = latitude.toFixed(5);
      control(form, "lng").value = longitude.toFixed(5);
      form.submit();
    },
    find(form, "[data-denied]"),
  );
}

/**
 * The position of an element, in degrees.
 * @param {HTMLElement} element
 */
const positionOf = ({ dataset }) => ({ latitude: Number(dataset.lat), longitude: Number(dataset.lng) });

// Selects the nearest favorite on the fill-up form.
/** @type {NodeListOf<HTMLSelectElement>} */
const selects = document.querySelectorAll("select[data-stations]");
for (const select of selects) {
  locateOnClick(find(select.closest(".field"), "[data-locate]"), (location) => {
    const located = [...select.options].filter((option) => option.dataset.lat);
    const stations = located.map((option) => ({ ...positionOf(option), id: option.value }));
    const station = nearest(stations, location);
    if (station) select.value = station.id;
  });
}

/**
 * Shows the page's stations on a map, if the service has one. The lists contain the same stations.
 * @param {Leaflet} leaflet
 * @param {HTMLElement} map
 * @param {HTMLElement[]} rows
 */
const drawMap = (leaflet, map, rows) => {
  map.hidden = false;
  const { tiles, messageAttribution } = map.dataset;
  const leafletMap = leaflet.map(map, { attributionControl: tiles !== undefined });
  if (tiles !== undefined) {
    // Tile servers require a referrer.
    const options = { maxZoom: 19, referrerPolicy: "origin", attribution: messageAttribution };
    leaflet.tileLayer(tiles, options).addTo(leafletMap);
  }
  const positions = rows.map((row) => {
    const { latitude, longitude } = positionOf(row);
    /** @type {[number, number]} */
    const position = [latitude, longitude];
    const name = document.createElement("span");
    name.textContent = find(row, "h3")?.textContent ?? "";
    const className = row.classList.contains("favorite") ? "spot favorite" : "spot";
    const marker = leaflet.circleMarker(position, { radius: 9, className });
    marker.addTo(leafletMap).bindTooltip(name);
    const link = find(row, "h3 a");
    if (link) marker.on("click", () => link.click());
    return position;
  });
  leafletMap.fitBounds(positions, { padding: [28, 28], maxZoom: 15 });
};

const map = find(document, "[data-map]");
/** @type {NodeListOf<HTMLElement>} */
const rows = document.querySelectorAll(".stations li[data-lat]");
if (map && window.L && rows.length > 0) drawMap(window.L, map, [...rows]);

// Updates the progress of an import. Without JavaScript, the page reloads itself.
const updateImport = async () => {
  const progress = find(document, "[data-import]");
  if (!progress) return;
  try {
    const response = await fetch(location.pathname);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const updated = find(page, "[data-import]");
    if (!response.ok || !updated) {
      location.reload();
      return;
    }
    progress.replaceChildren(...updated.childNodes);
  } catch {
    // The service is temporarily unavailable.
  }
  setTimeout(updateImport, 1000);
};
setTimeout(updateImport, 1000);

// Checks the size of a file before it is uploaded.
for (const form of forms("form[data-largest]")) {
  const message = find(form, "[data-too-large]");
  const field = control(form, "file");
  field.addEventListener("change", () => {
    const file = field.files?.[0];
    const isTooLarge = file !== undefined && file.size > Number(form.dataset.largest) * 1024 * 1024;
    if (message) message.hidden = !isTooLarge;
    field.setCustomValidity(isTooLarge ? (message?.textContent ?? "") : "");
  });
}
