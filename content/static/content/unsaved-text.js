// Keeps the text of a box on the server every few seconds while a person types. Without this script it is kept when it is saved.
"use strict";
(function () {
  const form = document.querySelector("form[data-unsaved]");
  if (!form) return;
  const box = form.querySelector("textarea");
  const status = form.querySelector("[data-unsaved-status]");
  const interval = 3000;
  let kept = box.value;

  async function keep(leaving) {
    const text = box.value;
    if (text === kept) return;
    const data = new FormData(form);
    data.set("action", "keep");
    // In a conflict the form holds the other person's revision; that the two differ must show again later.
    data.set("revision", form.dataset.unsaved);
    try {
      const response = await fetch(window.location.href, {
        method: "POST",
        body: data,
        credentials: "same-origin",
        redirect: "manual",
        keepalive: leaving,
      });
      if (response.status === 204) {
        kept = text;
        status.textContent = "What you typed is kept, but not saved yet.";
      } else {
        status.textContent =
          response.status === 403
            ? "You are signed out. Press Save: you can sign in, and your text is sent again."
            : "What you typed could not be kept. Save it, or copy it to be safe.";
      }
    } catch (error) {
      status.textContent = "The server cannot be reached, so what you typed is only on this page. Trying again.";
    }
  }

  window.setInterval(() => keep(false), interval);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") keep(true);
  });
})();
