/**
 * What a web app does with a push message of Fingerpost. It needs no library; `service-worker.js` beside it shows where
 * Firebase calls it. tests/kit runs it against every fixture for the web.
 */

const KNOWN_VERSION = "1";

/**
 * Return what the phone does with a message.
 *
 * `notification` is what Firebase hands to the page or to the service worker: title, body, tag, silent.
 * `phone` is {alertsOn, shown: {thread: revision}, reader: {country, audience, region}}.
 */
export function onMessage(data, notification, phone) {
  const { tag, title, body } = notification;
  const outer = { tag, title, body, sound: !notification.silent };
  if (!phone.alertsOn) {
    return { notification: null, unregister: true, shown: phone.shown, opened: null };
  }
  if (data.v !== KNOWN_VERSION) {
    const opened = { screen: "feed", request: `/v1/alerts?${parameters(phone.reader)}` };
    return { notification: { action: "show", ...outer }, unregister: false, shown: phone.shown, opened };
  }
  const actual = data.status === "Actual";
  const rev = Number(data.rev);
  const known = Object.hasOwn(phone.shown, data.alert);
  // A rehearsal has no place in the order of a thread. Only test apps get one.
  if (actual && known && rev <= phone.shown[data.alert]) {
    return { notification: { action: "keep", tag }, unregister: false, shown: phone.shown, opened: null };
  }
  return {
    notification: { action: known ? "replace" : "show", ...outer },
    unregister: false,
    shown: actual ? { ...phone.shown, [data.alert]: rev } : phone.shown,
    opened: onOpen(data, outer, phone.reader),
  };
}

/** Return what the app shows at once when the person opens the notification, and the request that it sends meanwhile. */
export function onOpen(data, outer, reader) {
  const id = data.open.replace(/^alert\//, "");
  const inMessage = data.inner !== "feed";
  const actual = data.status === "Actual";
  return {
    screen: "alert",
    id,
    text_from: inMessage ? "message" : "feed",
    title: inMessage ? data.inner_title : outer.title,
    body: inMessage ? data.inner_body : outer.body,
    lang: data.lang,
    dir: data.dir,
    notes: notesOf(data),
    tip: data.tip || null,
    services: data.services === undefined ? null : data.services.split(",").filter(Boolean),
    request: actual ? `/v1/alerts/${id}?${parameters({ ...reader, locale: data.lang })}` : null,
  };
}

/** Return what the app says beside the text. */
function notesOf(data) {
  const found = {
    "rehearsal": data.status !== "Actual",
    "in-another-language": Boolean(data.fallback),
    "updated": data.act === "update",
    "withdrawn": data.act === "cancel",
  };
  return Object.keys(found).filter((note) => found[note]);
}

/** Return the query of a URL. The values are codes, which need no escaping. */
function parameters(values) {
  return Object.keys(values).sort().map((name) => `${name}=${values[name]}`).join("&");
}
