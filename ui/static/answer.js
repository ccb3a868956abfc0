// What a reader does with an answer: copies it with its footnotes, and says what they think of it.
"use strict";

{
  const root = new URL("..", document.currentScript.src).pathname; // the proxy's prefix

  async function copy(button) {
    const address = `${root}answers/${button.closest(".turn").dataset.answer}.txt`;
    const said = button.closest(".actions").querySelector(".said");
    try {
      const answer = await fetch(address);
      if (!answer.ok) throw new Error(answer.statusText);
      await write(await answer.text());
      said.textContent = button.dataset.done;
    } catch {
      said.textContent = button.dataset.failed;
    }
  }

  // Browsers give the clipboard to pages over HTTPS and of this machine only.
  async function write(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const box = document.createElement("textarea");
    box.value = text;
    document.body.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    if (!done) throw new Error("not copied");
  }

  async function judge(of, verdict, reason) {
    const said = of.querySelector(".said");
    try {
      const answer = await fetch(`${root}answers/${of.dataset.answer}/feedback`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ verdict, reason }),
      });
      if (!answer.ok) throw new Error(answer.statusText);
    } catch {
      said.textContent = said.dataset.offline;
      return;
    }
    for (const each of of.querySelectorAll("[data-judge]")) {
      each.ariaPressed = String(each.dataset.judge === verdict);
    }
    of.querySelector(".why").hidden = verdict === "good" || reason !== "";
    said.textContent = said.dataset.thanks;
  }

  function explain(form) {
    const reasons = [...form.querySelectorAll("input:checked")].map((box) => box.value);
    const more = form.querySelector("input[type=text]").value.trim();
    judge(form.closest(".turn"), "bad", [...reasons, more].filter(Boolean).join("；"));
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-judge]");
    if (!button) return;
    if (button.dataset.judge) judge(button.closest(".turn"), button.dataset.judge, "");
    else copy(button);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".why")) return;
    event.preventDefault();
    explain(event.target);
  });
}
