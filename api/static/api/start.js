// The start page of a sandbox: ask once a second what the sample phones show, and open an alert inside the app.
// Without this script, the page links to the emulator, which shows the same texts.
"use strict";
(function () {
  const place = document.querySelector("[data-phones]");
  if (!place) return;
  const EVERY = 1000;
  /** A page that is forgotten in a window stops asking, in milliseconds. */
  const LONGEST = 3 * 3600 * 1000;
  const began = Date.now();
  const status = document.querySelector("[data-phones-status]");
  const known = new Map();
  let last = "";

  function made(name, className, text) {
    const found = document.createElement(name);
    if (className) found.className = className;
    if (text !== undefined) found.textContent = text;
    return found;
  }

  function keyOf({ alert, rev }) {
    return `${alert} ${rev}`;
  }

  function card(phone, shown) {
    const found = made("button", "card");
    found.type = "button";
    found.dataset.key = keyOf(shown);
    found.lang = phone.locale;
    found.dir = phone.dir;
    const time = made("time");
    time.lang = "en";
    time.dir = "ltr";
    found.append(time, made("strong"), made("span"));
    return found;
  }

  function fill(found, phone, shown) {
    const at = new Date(shown.at * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
    [at, shown.title, shown.body].forEach((text, index) => {
      const part = found.children[index];
      if (part.textContent !== text) part.textContent = text;
    });
    found.disabled = !shown.url;
    found.onclick = () => open(phone, shown);
  }

  function open(phone, shown) {
    const screen = known.get(phone.locale);
    const frame = made("iframe");
    frame.title = `The alert inside the app, ${phone.name}`;
    frame.setAttribute("sandbox", "allow-scripts");
    frame.src = shown.url;
    const close = made("button", "close", "Lock this phone");
    close.type = "button";
    close.addEventListener("click", () => {
      screen.inside.replaceChildren();
      screen.lock.hidden = false;
      screen.lock.querySelector("button")?.focus();
    });
    screen.lock.hidden = true;
    screen.inside.replaceChildren(frame, close);
    close.focus();
  }

  function screenOf(phone) {
    if (known.has(phone.locale)) return known.get(phone.locale);
    const section = made("section", "phone");
    section.setAttribute("aria-label", phone.name);
    section.dataset.locale = phone.locale;
    const lock = made("div", "lock");
    lock.setAttribute("aria-live", "polite");
    const inside = made("div", "inside");
    section.append(made("h3", "", phone.name), lock, inside);
    place.append(section);
    known.set(phone.locale, { lock, inside });
    return known.get(phone.locale);
  }

  /** Show what the phones show now. A card that stays is the same button: a press that has begun is not lost. */
  function show(phones) {
    for (const phone of phones) {
      const { lock } = screenOf(phone);
      const before = new Map([...lock.querySelectorAll(".card")].map((one) => [one.dataset.key, one]));
      const cards = phone.shown.map((shown) => {
        const found = before.get(keyOf(shown)) ?? card(phone, shown);
        fill(found, phone, shown);
        return found;
      });
      const parts = cards.length > 0 ? cards : [lock.querySelector("p") ?? made("p", "", "No alert yet.")];
      for (const part of [...lock.children]) if (!parts.includes(part)) part.remove();
      // Moving an element takes the focus from it, so only one that is in the wrong place is moved.
      parts.forEach((part, index) => lock.children[index] !== part && lock.insertBefore(part, lock.children[index] ?? null));
    }
  }

  async function ask() {
    if (document.visibilityState === "hidden") return;
    let answer = { reachable: false, phones: [] };
    try {
      const response = await fetch(place.dataset.phones, { cache: "no-store", credentials: "omit" });
      if (response.ok) answer = await response.json();
    } catch {
      // The sandbox is being stopped or started.
    }
    status.textContent = answer.reachable ? "" : "The phones do not answer. Trying again.";
    const now = JSON.stringify(answer.phones);
    if (!answer.reachable || now === last) return;
    last = now;
    show(answer.phones);
  }

  async function repeat() {
    await ask();
    if (Date.now() - began < LONGEST) window.setTimeout(repeat, EVERY);
    else status.textContent = "This page has stopped asking. Reload it.";
  }
  repeat();
})();
