// The service worker: shows stored forms without a connection, stores what they send, and sends it later.
//
// What it stores belongs to a user. The server marks each page with the tag of its user, and forms contain it. Stored
// pages are deleted as soon as a page has another tag; entries of the outbox are shown and sent only to their own user.
import {
  ONCE,
  SIGNED_IN_AS,
  isOld,
  kindOf,
  outcome,
  refuse,
  storedPage,
  valueOf,
  vehicleOf,
  withNewForm,
} from "./entry.js";
import { countAll, entriesOf, find, recall, remember, remove, save } from "./outbox.js";

/** @typedef {import("./entry.js").Entry} Entry */

const worker = /** @type {WorkerScope} */ (/** @type {unknown} */ (self));

// The server replaces this by the URLs of the style sheet and the scripts.
const SHELL = ["./shell"];
const OFFLINE = "/offline";
const SHELL_CACHE = "shell";
const PAGES_CACHE = "pages-";
const VIEWER_TAG = "viewer-tag";

const SECOND = 1000;
/** How long to wait for the server before a stored page is shown, or a form is stored. */
const PAGE_TIMEOUT = 5 * SECOND;
const FORM_TIMEOUT = 10 * SECOND;
const SEND_TIMEOUT = 40 * SECOND;
/** How old stored pages may become. */
const MAX_PAGE_AGE = 10 * 60 * SECOND;

/**
 * Rejects if a promise takes too long.
 * @template T
 * @param {Promise<T>} promise
 * @param {number} milliseconds
 * @returns {Promise<T>}
 */
const within = (promise, milliseconds) =>
  Promise.race([
    promise,
    new Promise((_, reject) => {
      setTimeout(() => reject(new DOMException("", "TimeoutError")), milliseconds);
    }),
  ]);

/** Lets the pages know that the outbox has changed. */
const notify = async () => {
  for (const client of await worker.clients.matchAll({ includeUncontrolled: true })) client.postMessage("changed");
};

// Pages.

/**
 * Deletes the stored pages of all users but one.
 * @param {string | null} user
 */
const deletePages = async (user) => {
  for (const name of await caches.keys()) {
    if (name.startsWith(PAGES_CACHE) && name !== PAGES_CACHE + user) await caches.delete(name);
  }
};

/**
 * Fetches a page to store it. It is not shown now, so messages for the user wait for the next page.
 * @param {string} path
 */
const prefetch = (path) => fetch(path, { headers: { purpose: "prefetch" } });

/**
 * Stores the forms of a user: all, or those that a change of a vehicle affects.
 * @param {string} user
 * @param {string | null} vehicle
 */
const storePages = async (user, vehicle) => {
  const response = await prefetch("/outbox/pages");
  if (!response.ok || response.headers.get(VIEWER_TAG) !== user) return;
  /** @type {{ pages: string[] }} */
  const { pages } = await response.json();
  const cache = await caches.open(PAGES_CACHE + user);
  const stored = new Set();
  for (const path of pages) {
    const key = storedPage(new URL(path, location.origin));
    if (key === null) continue;
    stored.add(key);
    const isAffected = vehicle === null || [vehicle, null].includes(vehicleOf(path));
    if (!isAffected && (await cache.match(key))) continue;
    const page = await prefetch(path);
    if (!page.ok || page.headers.get(VIEWER_TAG) !== user) return;
    await cache.put(key, page.redirected ? Response.redirect(page.url, 303) : page);
  }
  for (const { url } of await cache.keys()) {
    const { pathname, search } = new URL(url);
    if (!stored.has(pathname + search)) await cache.delete(url);
  }
  if (vehicle !== null) return;
  await remember("storedAt", Date.now());
  // No stored page uses the files of an earlier version now.
  const shell = await caches.open(SHELL_CACHE);
  for (const { url } of await shell.keys()) {
    if (![...SHELL, OFFLINE].includes(new URL(url).pathname)) await shell.delete(url);
  }
};

/**
 * The vehicle that a form has changed since its pages were stored; "" if it may be any.
 * @type {string | null}
 */
let changed = null;

/**
 * Stores pages if they are outdated.
 * @param {string} user
 */
const refreshPages = async (user) => {
  const age = Date.now() - ((await recall("storedAt")) ?? 0);
  const vehicle = changed;
  if (vehicle === null && age < MAX_PAGE_AGE) return;
  changed = null;
  await storePages(user, age < MAX_PAGE_AGE ? vehicle || null : null);
};

/** Whether the user signs out: browsers that do not delete the storage then need help. */
let isSigningOut = false;

/**
 * Deletes the entries of a user.
 * @param {string} user
 */
const removeAll = async (user) => {
  for (const { id } of await entriesOf(user)) await remove(id, user);
};

/**
 * Follows the user of a page that has arrived: sends what waits, and stores pages.
 * @param {Response} response
 */
const follow = async (response) => {
  const tag = response.headers.get(VIEWER_TAG);
  // Not a page of the service, or one that redirects.
  if (tag === null) return;
  const user = tag === "none" ? null : tag;
  const before = await recall("user");
  if (before !== user) {
    if (isSigningOut && before) await removeAll(before);
    isSigningOut = false;
    await remember("user", user);
    await remember("storedAt", 0);
    await deletePages(user);
  }
  if (user === null) return;
  if (!(await sendEntries(user))) await awaitConnection();
  await refreshPages(user);
};

/**
 * Finds a page of the user who was signed in last.
 * @param {URL} url
 * @returns {Promise<Response | null>}
 */
const findPage = async (url) => {
  const key = storedPage(url);
  const user = key === null ? null : await recall("user");
  if (key === null || !user) return null;
  const cache = await caches.open(PAGES_CACHE + user);
  const page = await cache.match(key);
  if (!page || page.status !== 200) return page ?? null;
  const { status, headers } = page;
  return new Response(withNewForm(await page.text(), crypto.randomUUID()), { status, headers });
};

/** @param {FetchLike} event */
const showPage = async (event) => {
  const network = fetch(event.request);
  event.waitUntil(network.then(follow).catch(() => {}));
  const stored = await findPage(new URL(event.request.url)).catch(() => null);
  try {
    return await (stored ? within(network, PAGE_TIMEOUT) : network);
  } catch {
    return stored ?? (await caches.match(OFFLINE)) ?? Response.error();
  }
};

/** @param {Request} request */
const showAsset = async (request) => (await caches.match(request, { ignoreVary: true })) ?? fetch(request);

// Forms.

/**
 * Sends a form to the server. Short responses: 204 instead of a redirect, and 401 instead of the way to sign-in.
 * @param {string} action
 * @param {[string, string][]} fields
 * @param {string} preferences
 */
const post = (action, fields, preferences) =>
  fetch(action, {
    method: "POST",
    headers: { prefer: preferences },
    body: new URLSearchParams(fields),
    redirect: "manual",
  });

/**
 * Sends a form that the user submits, and stores it if the server can't save or reject it now.
 * @param {FetchLike} event
 * @param {import("./entry.js").Kind} kind
 */
const submitForm = async (event, kind) => {
  const { pathname, search } = new URL(event.request.url);
  const form = await event.request.clone().formData();
  /** @type {[string, string][]} */
  const fields = [...form].map(([name, value]) => [name, String(value)]);
  const [once, user] = [valueOf(fields, ONCE), valueOf(fields, SIGNED_IN_AS)];
  if (!once || !user) return fetch(event.request);
  const corrected = await find(once, user);
  /** @type {Entry} */
  const entry = {
    id: corrected?.id ?? crypto.randomUUID(),
    user,
    kind,
    action: pathname + search,
    fields,
    enteredAt: corrected?.enteredAt ?? Date.now(),
    attemptedAt: Date.now(),
    state: "waiting",
    reason: null,
  };
  // The next page shows the message about what was saved.
  const sent = post(entry.action, fields, "return=minimal, message");
  const response = await within(sent, FORM_TIMEOUT).catch(() => null);
  // Another user is signed in, or must do something else first: the browser shows the page for it.
  if (response?.status === 403) return fetch(event.request);
  const result = outcome(response?.status ?? 0);
  if (response && result !== "later") {
    changed = vehicleOf(pathname) ?? "";
    if (corrected) event.waitUntil(settle(entry, response.clone()));
    return result === "saved" ? Response.redirect(response.headers.get("location") ?? "/", 303) : response;
  }
  await save(entry);
  event.waitUntil(awaitConnection());
  event.waitUntil(notify());
  return Response.redirect(response?.status === 401 ? "/login?next=%2Foutbox" : "/outbox#saved", 303);
};

/**
 * Deletes a corrected entry that is saved, or stores it with what is wrong now.
 * @param {Entry} entry
 * @param {Response} response
 */
const settle = async (entry, response) => {
  if (response.ok) await remove(entry.id, entry.user);
  else await save(refuse(entry, await response.text()));
  await notify();
};

/** Has the browser wake the service worker when there is a connection, where it can. */
const awaitConnection = async () => {
  await worker.registration.sync?.register("outbox").catch(() => {});
};

/**
 * Sends one entry. Returns whether to go on with the next.
 * @param {Entry} entry
 */
const sendEntry = async (entry) => {
  if (isOld(entry, Date.now())) {
    await save(refuse(entry, null));
    return true;
  }
  const response = await within(post(entry.action, entry.fields, "return=minimal"), SEND_TIMEOUT);
  const result = outcome(response.status);
  if (result === "saved") {
    changed = "";
    await remove(entry.id, entry.user);
  } else if (result === "refused") {
    await save(refuse(entry, await response.text()));
  }
  return result !== "later";
};

/**
 * Sends a user's entries in the order in which they were entered. Returns whether all could be sent.
 * @param {string} user
 * @returns {Promise<boolean>}
 */
const sendEntries = (user) =>
  navigator.locks.request("outbox", async () => {
    const waiting = (await entriesOf(user)).filter((it) => it.state === "waiting");
    for (const entry of waiting) {
      // It may have been deleted meanwhile.
      if (!(await find(entry.id, user))) continue;
      const isSent = await sendEntry(entry).catch(() => false);
      await notify();
      if (!isSent) return false;
    }
    return true;
  });

// Events.

const install = async () => {
  const cache = await caches.open(SHELL_CACHE);
  await cache.addAll([...SHELL, OFFLINE]);
  await worker.skipWaiting();
};

const activate = async () => {
  await remember("storedAt", 0);
  await worker.clients.claim();
};

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(activate()));

worker.addEventListener("fetch", (event) => {
  const { method, mode, referrer, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (origin !== location.origin || pathname.startsWith("/api/")) return;
  if (method === "GET" && SHELL.includes(pathname)) {
    event.respondWith(showAsset(event.request));
  } else if (method === "GET" && mode === "navigate") {
    event.respondWith(showPage(event));
  } else if (method === "POST" && mode === "navigate" && referrer.startsWith(`${origin}/`)) {
    // Forms of other sites are left to the browser, so that the server sees where they come from.
    const kind = kindOf(pathname);
    if (kind) event.respondWith(submitForm(event, kind));
    // The response deletes the browser's storage, which waits until this service worker has no request.
    else if (pathname === "/logout") isSigningOut = true;
    else changed = vehicleOf(pathname) ?? "";
  }
});

worker.addEventListener("sync", (event) => {
  const send = async () => {
    const user = await recall("user");
    // The browser tries again later.
    if (user && !(await sendEntries(user))) throw new DOMException("", "NetworkError");
  };
  event.waitUntil(send());
});

worker.addEventListener("message", (event) => {
  const { about, id, user } = event.data;
  const answer = async () => {
    if (about === "start") await follow(await prefetch("/outbox/pages"));
    if (about === "count") return { own: (await entriesOf(user)).length, all: await countAll() };
    if (about === "list") return entriesOf(user);
    if (about === "delete") await remove(id, user);
    if (about === "send") await sendEntries(user);
    if (about === "delete") await notify();
    return null;
  };
  const respond = async () => event.ports[0]?.postMessage(await answer());
  event.waitUntil(respond().catch(() => {}));
});
