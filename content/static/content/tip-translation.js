// The texts of one tip: keeps typed texts on the server, inserts tokens, says who else is here, and moves by keys. The page
// works without it.
"use strict";
(function () {
  const list = document.querySelector("[data-texts]");
  if (!list) return;
  const status = document.querySelector("[data-tip-text-status]");
  const rows = Array.from(list.querySelectorAll("[data-row]"));
  const interval = 3000;

  const boxOf = (row) => row.querySelector("textarea[name=text]");
  // Where a person who cannot write reads the text.
  const placeOf = (row) => boxOf(row) || row.querySelector("[id$='-box']");
  const tokensOf = (row) => Array.from(row.querySelectorAll("[data-chip]"), (chip) => chip.dataset.chip);

  function say(text) {
    status.textContent = "";
    window.setTimeout(() => { status.textContent = text; }, 50);
  }

  function currentRow() {
    const active = document.activeElement;
    return (active && active.closest("[data-row]")) || null;
  }

  function go(row) {
    const place = row && placeOf(row);
    if (!place) return say("There is no further text of that kind.");
    place.focus();
    row.scrollIntoView({ block: "nearest" });
  }

  function insert(row, token) {
    const box = boxOf(row);
    if (!box) return;
    box.setRangeText(token, box.selectionStart, box.selectionEnd, "end");
    box.focus();
    // As typed: a token that the caret was in stays whole.
    box.dispatchEvent(new InputEvent("input", { inputType: "insertText" }));
    say("Inserted " + token);
  }

  async function keep(form, state, leaving) {
    const box = form.querySelector("textarea[name=text]");
    const text = box.value;
    if (text === state.kept) return;
    const note = form.querySelector("[data-unsaved-status]");
    const data = new FormData(form);
    data.set("action", "keep");
    // In a conflict the form holds the other person's revision; that the two differ must show again later.
    data.set("revision", form.dataset.unsaved);
    try {
      const response = await fetch(window.location.href, {
        method: "POST", body: data, credentials: "same-origin", redirect: "manual", keepalive: leaving,
      });
      if (response.status === 204) state.kept = text;
      note.textContent =
        response.status === 204 ? "Kept, not saved yet."
        : response.status === 403 ? "You are signed out. Press Save: you can sign in, and your text is sent again."
        : "This text could not be kept. Save it, or copy it to be safe.";
    } catch (error) {
      note.textContent = "The server cannot be reached. Trying again.";
    }
  }

  // What an act has done. Screen readers announce a region that is filled after the page was loaded, and not one that came with it.
  const messages = document.querySelector(".fp-messages");
  if (messages) say(messages.innerText.trim());

  const kept = rows
    .map((row) => row.querySelector("form[data-unsaved]"))
    .filter(Boolean)
    .map((form) => ({ form, state: { kept: form.querySelector("textarea[name=text]").value } }));
  const keepAll = (leaving) => kept.forEach(({ form, state }) => keep(form, state, leaving));
  window.setInterval(() => keepAll(false), interval);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") keepAll(true);
  });

  rows.forEach((row) => {
    const box = boxOf(row);
    row.querySelectorAll("[data-chip]").forEach((chip) => chip.addEventListener("click", () => insert(row, chip.dataset.chip)));
    row.querySelectorAll("[data-use]").forEach((button) => {
      button.hidden = false;
      button.addEventListener("click", () => {
        box.value = button.dataset.use;
        box.focus();
        box.dispatchEvent(new Event("token-box-filled"));
        say("The text is in the box. It is not saved yet.");
      });
    });
  });

  // Who else has the texts open; the server forgets a page that is silent for a minute.
  const present = document.querySelector("[data-present]");
  async function report() {
    const form = document.querySelector("form[data-unsaved]") || document.querySelector("[data-row] form");
    if (!form || document.visibilityState === "hidden") return;
    const data = new FormData();
    data.set("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
    data.set("action", "present");
    try {
      const response = await fetch(window.location.href, { method: "POST", body: data, credentials: "same-origin", redirect: "manual" });
      if (!response.ok) return;
      const { others } = await response.json();
      const text = others.length ? "Also here: " + others.join(", ") + "." : "";
      // Only a change is announced.
      if (present.textContent !== text) present.textContent = text;
    } catch (error) {
      // The line about unsaved texts says that the server cannot be reached.
    }
  }
  if (present) {
    report();
    window.setInterval(report, 20000);
    document.addEventListener("visibilitychange", report);
  }

  function after(row, wanted) {
    const start = row ? rows.indexOf(row) + 1 : 0;
    return rows.slice(start).concat(rows.slice(0, start)).find(wanted);
  }

  document.addEventListener("keydown", (event) => {
    const row = currentRow();
    const comment = row && document.activeElement.closest("[data-comment]");
    if (event.key === "Enter" && event.ctrlKey && comment) {
      const button = comment.querySelector("[data-send-back]") || comment.querySelector("button[value=comment]");
      button.click();
    } else if (event.altKey && !event.ctrlKey && event.code === "KeyR" && row) {
      const reason = row.querySelector("[data-comment]");
      if (!reason || !reason.querySelector("[data-send-back]")) say("You cannot send this text back.");
      else {
        reason.open = true;
        reason.querySelector("textarea").focus();
      }
    } else if (event.altKey && !event.ctrlKey && event.code === "KeyC" && row) {
      const button = row.querySelector("[data-cannot-judge]");
      if (button) button.click();
      else say("This text does not wait for your review.");
    } else if (event.altKey && !event.ctrlKey && event.code === "KeyV") {
      go(after(row, (other) => "review" in other.dataset));
    } else if (event.key === "Enter" && event.ctrlKey && row) {
      const button = row.querySelector(event.shiftKey ? "[data-approve]" : "button[value=save-next], button[value=replace]");
      if (button) button.click();
      else say(event.shiftKey ? "You cannot approve this text." : "This text cannot be saved.");
    } else if (event.altKey && !event.ctrlKey && /^Digit[1-9]$/.test(event.code) && row) {
      const token = tokensOf(row)[Number(event.code.slice(5)) - 1];
      if (token) insert(row, token);
      else say("There is no token with this number.");
    } else if (event.altKey && !event.ctrlKey && event.code === "KeyN") {
      go(after(row, (other) => "unfinished" in other.dataset));
    } else if (event.altKey && !event.ctrlKey && event.code === "KeyE") {
      go(after(row, (other) => "faults" in other.dataset));
    } else if (event.altKey && !event.ctrlKey && event.code === "KeyJ") {
      go(row ? rows[rows.indexOf(row) + 1] : rows[0]);
    } else if (event.altKey && !event.ctrlKey && event.code === "KeyK") {
      go(row ? rows[rows.indexOf(row) - 1] : rows[rows.length - 1]);
    } else {
      return;
    }
    event.preventDefault();
  });
})();
