/* Keep the files of the app, so that it starts without a network. What the API answers is kept by the app (content.js). */

const VERSION = "@version@";
/** The path of each file, and the SHA-256 of its content in hex. */
const FILES = "@files@".split(" ").map((file) => file.split("="));
const PREFIX = "companion-";

self.addEventListener("install", (event) => {
  event.waitUntil(keepFiles().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(removeOtherVersions().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method === "GET" && url.origin === location.origin && url.pathname.startsWith("/companion/")) {
    event.respondWith(kept(event.request));
  }
});

/** Keep every file of this version, or none: the browser then keeps the earlier worker, and tries again at a later visit. */
async function keepFiles() {
  const responses = await Promise.all(FILES.map(fetchFile));
  const cache = await caches.open(PREFIX + VERSION);
  await Promise.all(FILES.map(([path], index) => cache.put(path, responses[index])));
}

/** Return the response with a file. Throws where it is another one: during an update two versions of the server answer. */
async function fetchFile([path, digest]) {
  const response = await fetch(path, { cache: "reload" });
  const found = await crypto.subtle.digest("SHA-256", await response.clone().arrayBuffer());
  const hex = Array.from(new Uint8Array(found), (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (hex !== digest) throw new Error(`${path} is of another version`);
  return response;
}

async function kept(request) {
  const options = { cacheName: PREFIX + VERSION, ignoreSearch: true, ignoreVary: true };
  return (await caches.match(request, options)) ?? fetch(request);
}

async function removeOtherVersions() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== PREFIX + VERSION);
  await Promise.all(old.map((name) => caches.delete(name)));
}
