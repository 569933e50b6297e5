/* Keep the files of the app, so that it starts without a network. What the API answers is kept by the app (content.js). */

const VERSION = "@version@";
const FILES = "@files@".split(" ");
const PREFIX = "companion-";

self.addEventListener("install", (event) => {
  const requests = FILES.map((file) => new Request(file, { cache: "reload" }));
  event.waitUntil(
    caches
      .open(PREFIX + VERSION)
      .then((cache) => cache.addAll(requests))
      .then(() => self.skipWaiting()),
  );
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

async function kept(request) {
  const options = { cacheName: PREFIX + VERSION, ignoreSearch: true, ignoreVary: true };
  return (await caches.match(request, options)) ?? fetch(request);
}

async function removeOtherVersions() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== PREFIX + VERSION);
  await Promise.all(old.map((name) => caches.delete(name)));
}
