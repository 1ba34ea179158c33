// The pages work without this; with it errors get the focus, buttons do not fire twice, and leaving is quicker.
import { initAll } from "./govuk-frontend.min.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();

// Leaving replaces this page in the history and hides it at once, before the network answers.
document.addEventListener(
  "click",
  (event) => {
    const link = event.target instanceof Element && event.target.closest('a[href="/exit"]');
    if (!link) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    document.body.hidden = true;
    document.title = "";
    window.location.replace("/exit");
  },
  { capture: true },
);

// A page kept by the browser for "back" may show a person who is no longer to be seen: ask the server again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});
