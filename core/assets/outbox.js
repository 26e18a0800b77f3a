// The outbox in IndexedDB, and what the service worker remembers.

/** @typedef {import("./entry.js").Entry} Entry */

/** @returns {Promise<IDBDatabase>} */
const open = () =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open("outbox", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("entries", { keyPath: "id" }).createIndex("user", "user");
      request.result.createObjectStore("memory");
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/**
 * Runs a request in a transaction, and waits until what it changed is on the disk.
 * @template T
 * @param {"entries" | "memory"} store
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest<T>} run
 * @returns {Promise<T>}
 */
const transact = async (store, mode, run) => {
  const database = await open();
  try {
    const transaction = database.transaction(store, mode, { durability: "strict" });
    const request = run(transaction.objectStore(store));
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    return request.result;
  } finally {
    database.close();
  }
};

/**
 * A user's entries, in the order in which they were entered.
 * @param {string} user
 * @returns {Promise<Entry[]>}
 */
export const entriesOf = async (user) => {
  /** @type {Entry[]} */
  const entries = await transact("entries", "readonly", (store) => store.index("user").getAll(user));
  return entries.sort((one, other) => one.enteredAt - other.enteredAt);
};

/** The number of entries of all users. */
export const countAll = () => transact("entries", "readonly", (store) => store.count());

/**
 * Finds a user's entry.
 * @param {string} id
 * @param {string} user
 * @returns {Promise<Entry | null>}
 */
export const find = async (id, user) => {
  /** @type {Entry | undefined} */
  const entry = await transact("entries", "readonly", (store) => store.get(id));
  return entry?.user === user ? entry : null;
};

/**
 * Adds or replaces an entry.
 * @param {Entry} entry
 */
export const save = (entry) => transact("entries", "readwrite", (store) => store.put(entry));

/**
 * Deletes a user's entry.
 * @param {string} id
 * @param {string} user
 */
export const remove = async (id, user) => {
  if (await find(id, user)) await transact("entries", "readwrite", (store) => store.delete(id));
};

/**
 * A remembered value.
 * @param {"user" | "storedAt"} name
 */
export const recall = (name) => transact("memory", "readonly", (store) => store.get(name));

/**
 * Remembers a value.
 * @param {"user" | "storedAt"} name
 * @param {string | number | null} value
 */
export const remember = (name, value) => transact("memory", "readwrite", (store) => store.put(value, name));
