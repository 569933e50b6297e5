/*
 * firebase-messaging-sw.js of a web app. Nothing runs this file in a test: it needs a browser and a Firebase project.
 *
 * Add the listener for clicks before Firebase is imported: Firebase's own listener stops all that come after it.
 */

self.addEventListener("notificationclick", (event) => {
  const data = event.notification.data?.FCM_MSG?.data;
  if (!data?.open) return;
  event.notification.close();
  event.stopImmediatePropagation();
  // Only ids of alerts are ever in `open`. Build no address from anything else.
  const path = /^alert\/\d+$/.test(data.open) ? `/alerts/${data.open.slice("alert/".length)}` : "/alerts";
  event.waitUntil(self.clients.openWindow(path));
});

// importScripts("/firebase-app-compat.js", "/firebase-messaging-compat.js");   from your own server
// firebase.initializeApp({…});
// Firebase shows each message by itself, with its tag: a later message of a thread replaces the earlier one. The page compares
// revisions (push-handler.js) when it is opened, and reads the feed.
// firebase.messaging();
