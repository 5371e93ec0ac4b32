// Answers while typing, by the handlers of the buttons "Check" and "Try". Without it those buttons do the same.
"use strict";

for (const form of document.querySelectorAll("form[data-live-form]")) {
  const PAUSE_MS = 800;
  let timer = 0;
  let asking = null;

  const answer = (page) => {
    for (const place of form.querySelectorAll("[data-live]")) {
      const found = page.getElementById(place.id);
      if (found !== null && found.innerHTML !== place.innerHTML) {
        place.replaceChildren(...Array.from(found.childNodes, (node) => document.importNode(node, true)));
      }
    }
    for (const field of form.querySelectorAll("input[aria-describedby]")) {
      const found = page.getElementById(field.id);
      field.toggleAttribute("aria-invalid", false);
      if (found !== null && found.hasAttribute("aria-invalid")) {
        field.setAttribute("aria-invalid", "true");
      }
    }
  };

  const ask = async () => {
    asking?.abort();
    asking = new AbortController();
    const sent = new FormData(form);
    sent.delete("code");
    sent.delete("code_file");
    sent.set("do", "live");
    try {
      const response = await fetch(form.getAttribute("action"), {
        method: "POST",
        body: sent,
        credentials: "same-origin",
        signal: asking.signal,
      });
      if (response.ok) {
        answer(new DOMParser().parseFromString(await response.text(), "text/html"));
      }
    } catch {
      // The next key asks again; the buttons do without this.
    }
  };

  form.addEventListener("input", (event) => {
    if (event.target.hasAttribute("data-watched")) {
      clearTimeout(timer);
      timer = setTimeout(ask, PAUSE_MS);
    }
  });
}
