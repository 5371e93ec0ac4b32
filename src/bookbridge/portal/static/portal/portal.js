// Small comforts. Every page works without this file.

// A filter takes effect at once; the button is for those who browse without JavaScript.
for (const form of document.querySelectorAll("form[data-at-once]")) {
  form.addEventListener("change", (event) => {
    if (event.target.matches("input[type=checkbox], select")) form.requestSubmit();
  });
}

// The account menu closes on Escape and when one clicks or moves on elsewhere.
for (const menu of document.querySelectorAll("details.menu")) {
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

// What is to be pasted elsewhere is copied by a button, where the browser lets it.
for (const button of document.querySelectorAll("button[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  const said = button.parentElement.querySelector("[data-copied]");
  const text = said.textContent;
  // A status is read out when its words change, not when it appears.
  said.textContent = "";
  said.hidden = button.hidden = false;
  button.addEventListener("click", async () => {
    said.textContent = "";
    source.select();
    try {
      await navigator.clipboard.writeText(source.value);
      said.textContent = text;
    } catch {
      // Without https there is no clipboard for pages; the older way asks nobody.
      if (document.execCommand("copy")) said.textContent = text;
    }
  });
}

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
});
// Coming back by the browser's Back button shows the page as it was left, with its forms usable again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
