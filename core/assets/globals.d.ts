// Types of what browsers provide and TypeScript does not know yet, and of the map library.

/** The parts of Leaflet that the scripts use. `make map` adds it to the next build. */
interface Leaflet {
  map(element: HTMLElement, options: { attributionControl: boolean }): LeafletMap;
  tileLayer(url: string, options: object): { addTo(map: LeafletMap): void };
  circleMarker(position: [number, number], options: object): LeafletMarker;
}

interface LeafletMap {
  fitBounds(positions: [number, number][], options: object): void;
}

interface LeafletMarker {
  addTo(map: LeafletMap): LeafletMarker;
  bindTooltip(content: HTMLElement): LeafletMarker;
  on(event: "click", listener: () => void): void;
}

interface Window {
  L?: Leaflet;
}

/** The static methods of `PublicKeyCredential` that read options from JSON. */
interface CredentialParser {
  parseCreationOptionsFromJSON(options: object): PublicKeyCredentialCreationOptions;
  parseRequestOptionsFromJSON(options: object): PublicKeyCredentialRequestOptions;
}

/** A credential that can be serialized. */
interface JsonCredential {
  toJSON(): object;
}
