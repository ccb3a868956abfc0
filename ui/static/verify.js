// 核稿: J and K lead to the next and the last sentence that needs a look; a file that is too large is
// refused before it is sent.
"use strict";

{
  const rows = [...document.querySelectorAll("[data-look]")];
  let at = -1;
  const hint = document.querySelector(".keys");
  if (hint) hint.hidden = false;
  document.addEventListener("keydown", (event) => {
    const step = { j: 1, k: -1 }[event.key.toLowerCase()];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select")) return;
    const here = rows.indexOf(document.activeElement.closest("[data-look]"));
    at = here >= 0 ? here : at;
    const row = rows[at + step];
    if (row) {
      at += step;
      row.focus();
      row.scrollIntoView({ block: "center" });
    } else {
      document.querySelector(`main a[rel="${step > 0 ? "next" : "prev"}"]`)?.click();
    }
  });
  const input = document.querySelector('.draft input[type="file"]');
  input?.addEventListener("change", () => {
    const size = input.files[0]?.size ?? 0;
    input.setCustomValidity(size > Number(input.dataset.most) ? input.dataset.large : "");
    input.reportValidity();
  });
}
