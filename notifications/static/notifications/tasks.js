// Task pages of a campaign: keeps what is typed on the server, counts as FCM counts, and shows the phones while a person types.
// Without this script, the page counts and shows the phones when it is saved, and nothing else is missing.
"use strict";
(function () {
  const form = document.querySelector("form[data-autosave]");
  if (!form) return;
  const status = form.querySelector("[data-kept]");
  const interval = 3000;
  const encoder = new TextEncoder();
  const facts = form.querySelector("[data-facts]") ? JSON.parse(form.querySelector("[data-facts]").dataset.facts) : {};

  function values() {
    const data = new FormData(form);
    data.delete("csrfmiddlewaretoken");
    return new URLSearchParams(data).toString();
  }

  let kept = values();
  // While the form itself is on its way, what was typed would be kept beside what is saved.
  let sending = false;
  form.addEventListener("submit", () => {
    sending = true;
  });
  window.addEventListener("pageshow", () => {
    sending = false;
  });

  async function keep(leaving) {
    const now = values();
    if (sending || now === kept) return;
    const data = new FormData(form);
    data.set("action", "keep");
    try {
      const response = await fetch(form.dataset.autosave, {
        method: "POST",
        body: data,
        credentials: "same-origin",
        redirect: "manual",
        keepalive: leaving,
      });
      const isJson = (response.headers.get("Content-Type") || "").startsWith("application/json");
      const time = response.ok && isJson ? (await response.json()).kept : null;
      if (time) {
        kept = now;
        status.textContent = `What you typed is kept since ${time}, but not saved yet.`;
      } else if (response.ok && isJson) {
        status.textContent = "What you typed could not be kept. Save it, or copy it to be safe.";
      } else {
        status.textContent = "You may be signed out. Press Save: you can sign in, and your text is sent again.";
      }
    } catch (error) {
      status.textContent = "The server cannot be reached, so what you typed is only on this page. Trying again.";
    }
  }

  window.setInterval(() => keep(false), interval);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") keep(true);
  });

  function written(text) {
    return text.replace(/\{[a-z]+:[a-z0-9-]+\}/g, (token) => facts[token] || "…");
  }

  function show() {
    for (const counter of form.querySelectorAll("[data-counts]")) {
      const field = form.elements[counter.dataset.counts];
      const length = Array.from(field.value).length;
      const limit = Number(field.dataset.limit);
      counter.textContent = `${length} of ${limit} characters`;
      counter.classList.toggle("bad", length > limit);
    }
    for (const bytes of form.querySelectorAll("[data-bytes]")) {
      const limit = Number(bytes.dataset.bytes);
      const prefix = bytes.dataset.of || "";
      const inner = form.elements[`${prefix}inner_title`].value + form.elements[`${prefix}inner_body`].value;
      const size = encoder.encode(written(inner)).length;
      bytes.textContent = `Title and text together: ${size} of ${limit} bytes of a push message`;
      bytes.classList.toggle("bad", size > limit);
    }
    for (const part of document.querySelectorAll("[data-shows]")) {
      part.textContent = written(form.elements[part.dataset.shows].value) || "…";
    }
  }

  form.addEventListener("input", show);
  show();

  // A chip puts its fact where the caret is in the box beside it.
  form.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-fact]");
    if (!chip) return;
    const box = form.elements[chip.dataset.into];
    box.setRangeText(chip.dataset.fact, box.selectionStart, box.selectionEnd, "end");
    box.focus();
    box.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // Insert where the caret was last, in the field that is chosen.
  const into = form.elements.insert_into;
  if (into) {
    const places = {};
    form.addEventListener("focusout", (event) => {
      const name = event.target.name;
      if (name && event.target.dataset.limit) {
        places[name] = event.target.selectionStart;
        into.value = name;
      }
    });
    form.addEventListener("submit", () => {
      const place = places[into.value];
      form.elements.insert_at.value = place === undefined ? "" : String(place);
    });
  }
})();
