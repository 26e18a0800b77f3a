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

/** The parts of a service worker's global scope that ours uses. The DOM's types do not have them. */
interface WorkerScope {
  readonly clients: {
    claim(): Promise<void>;
    matchAll(options: { includeUncontrolled: boolean }): Promise<{ postMessage(message: string): void }[]>;
  };
  readonly registration: { readonly sync?: { register(tag: string): Promise<void> } };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate" | "sync", listener: (event: Extendable) => void): void;
  addEventListener(type: "fetch", listener: (event: FetchLike) => void): void;
  addEventListener(type: "message", listener: (event: Extendable & MessageEvent) => void): void;
}

interface Extendable {
  waitUntil(promise: Promise<unknown>): void;
}

interface FetchLike extends Extendable {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
