// The pages work without this; with it errors get the focus, buttons do not fire twice, and leaving is quicker.
import { initAll } from "./govuk-frontend.min.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();

// Shift three times is a press on the button: the component's own way would keep this page in the history.
let presses = [];
window.addEventListener(
  "keyup",
  (event) => {
    const exit = document.querySelector('a[href="/exit"]');
    if (event.key !== "Shift" || !exit) return;
    presses = [...presses, event.timeStamp].slice(-3);
    if (presses.length < 3 || presses[2] - presses[0] > 5000) return;
    event.stopImmediatePropagation();
    exit.click();
  },
  { capture: true },
);

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
