// Keeps the page that checks vouchers for when there is no network. What is kept is asked for without cookies:
// nobody's name is ever in it.
"use strict";

const KEPT = JSON.parse("{{ kept_json|escapejs }}");
const CACHE = "titres-1";
const all = () => [KEPT.page, ...KEPT.files, ...(KEPT.stops ? [KEPT.stops] : [])];

async function keep(address) {
  const answer = await fetch(new Request(address, { credentials: "omit", cache: "no-cache" }));
  if (answer.ok) await (await caches.open(CACHE)).put(address, answer.clone());
  return answer;
}

self.addEventListener("install", (event) => {
  self.skipWaiting();
  // The stop list may be missing: the page says so, and still tells what is authentic.
  event.waitUntil(Promise.all([KEPT.page, ...KEPT.files].map(keep)).then(() => KEPT.stops && keep(KEPT.stops).catch(() => null)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener("fetch", (event) => {
  const request = event.request;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin) return;
  if (request.mode === "navigate" && address.pathname === KEPT.page) {
    event.respondWith(
      fetch(request)
        .then((answer) => {
          event.waitUntil(Promise.all(all().map((each) => keep(each).catch(() => null))));
          return answer;
        })
        .catch(() => caches.match(KEPT.page)),
    );
  } else if (all().includes(address.pathname)) {
    event.respondWith(fetch(request).catch(() => caches.match(address.pathname)));
  }
});
