// Shows how far a rebuild is, and loads the page again when it is over; names the chosen files.
"use strict";

{
  const root = new URL("..", document.currentScript.src).pathname; // the proxy's prefix
  const told = document.querySelector(".told");
  const bar = document.querySelector(".rebuild progress");
  const EVERY = 500; // ms

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

  async function look() {
    const answer = await fetch(`${root}admin/progress`);
    const now = await answer.json();
    if (now.state !== "building") {
      location.reload();
      return;
    }
    bar.hidden = false;
    if (now.total) bar.value = now.done / now.total;
    told.textContent = fill(told.dataset.building, now);
    setTimeout(look, EVERY);
  }

  // A browser names them in its own language, not in the page's.
  document.querySelector("input[type=file]").addEventListener("change", (event) => {
    const names = [...event.target.files].map((file) => file.name);
    document.querySelector(".picked").textContent = names.join("、");
  });

  if (told.dataset.state === "building") look();
}
