/* Keep a few values on this device. Where the browser refuses to (a private window, a full disk), keep them in memory. */

const NAME = "companion";
const TABLE = "kept";
/** How long to wait for the end of a service worker, in milliseconds. */
const PATIENCE = 10_000;

/** Values by key, in IndexedDB where that works. */
export class Store {
  #database = null;
  /** Whether the browser has refused to write. */
  #refused = false;
  #memory = new Map();

  /** The one store of this page. */
  static #opened = null;

  /** Return the store; it never fails. */
  static open() {
    Store.#opened ??= Store.#made();
    return Store.#opened;
  }

  static async #made() {
    const store = new Store();
    try {
      store.#database = await opened();
    } catch {
      store.#database = null;
    }
    return store;
  }

  /** Whether values are still there once the page is closed. */
  get keeps() {
    return this.#database !== null && !this.#refused;
  }

  /** Return the value, or undefined. */
  async get(key) {
    if (this.#memory.has(key) || !this.#database) return this.#memory.get(key);
    try {
      return await done(this.#table("readonly").get(key));
    } catch {
      return undefined;
    }
  }

  /** Keep the value. */
  async put(key, value) {
    if (this.keeps) {
      try {
        await done(this.#table("readwrite").put(value, key));
        this.#memory.delete(key);
        return;
      } catch {
        // What is on the disk stays readable; from here on the page writes to memory alone.
        this.#refused = true;
      }
    }
    this.#memory.set(key, value);
  }

  /**
   * Delete who the reader is and what they answered, and write nothing more; the help, with its country and language, stays.
   *
   * Returns once that is on the disk: the page may end then.
   */
  async forgetAnswers() {
    this.#memory.clear();
    this.#refused = true;
    if (!this.#database) return;
    try {
      const table = this.#table("readwrite");
      const { country, locale } = (await done(table.get("choices"))) ?? {};
      await finished(country ? table.put({ country, locale }, "choices") : table.delete("choices"));
    } catch {
      // A full disk refuses to write, not to delete.
      await attempt(() => finished(this.#table("readwrite").delete("choices")));
    }
  }

  /** Delete everything that this app keeps: values, files and the service worker. */
  async forget() {
    this.#memory.clear();
    // At once, also where a tab with an earlier version of the app keeps the database open and so from being deleted.
    await attempt(() => done(this.#table("readwrite").clear()));
    this.#database?.close();
    this.#database = null;
    await attempt(() => done(indexedDB.deleteDatabase(NAME)));
    await attempt(deleteFiles);
    // A worker that is still installing keeps files until then, and with a bad network that takes long.
    await attempt(() => Promise.race([unregister(), new Promise((resolve) => setTimeout(resolve, PATIENCE))]));
    await attempt(deleteFiles);
  }

  #table(mode) {
    return this.#database.transaction(TABLE, mode).objectStore(TABLE);
  }
}

async function opened() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
  const database = await done(request);
  // Another tab forgets everything: an open connection would keep the database. From here on this page writes to memory alone.
  database.onversionchange = () => database.close();
  return database;
}

async function deleteFiles() {
  for (const name of await caches.keys()) if (name.startsWith("companion-")) await caches.delete(name);
}

async function unregister() {
  const registrations = await navigator.serviceWorker.getRegistrations();
  await Promise.all(registrations.map((registration) => registration.unregister()));
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
  });
}

/** Wait for the end of the transaction that this request is the last one of. */
function finished(request) {
  return new Promise((resolve, reject) => {
    request.transaction.oncomplete = () => resolve();
    request.transaction.onabort = () => reject(request.transaction.error);
    request.transaction.commit?.();
  });
}

async function attempt(action) {
  try {
    await action();
  } catch {
    // The browser has no such storage, or refuses it: there is nothing to delete.
  }
}
