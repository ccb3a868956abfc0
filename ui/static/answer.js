// What a reader does with an answer: copies it with or without its notes, and judges it.
"use strict";

{
  const root = new URL("..", document.currentScript.src).pathname; // the proxy's prefix

  // ---- copying: HTML for Word and WPS, plain text for the rest ----

  // Returns what is to be copied of a part of an answer, without what belongs to the page alone.
  function clean(part, notes) {
    const copy = part.cloneNode(true);
    const numbers = [];
    for (const chip of copy.querySelectorAll(".chip")) {
      if (notes) {
        numbers.push(chip.dataset.cite);
        const mark = document.createElement("sup");
        mark.textContent = `[${chip.dataset.cite}]`;
        chip.replaceWith(mark);
      } else chip.remove();
    }
    for (const extra of copy.querySelectorAll("button, .alike")) extra.remove();
    for (const tied of copy.querySelectorAll("span.tied")) tied.replaceWith(...tied.childNodes);
    for (const each of [copy, ...copy.querySelectorAll("*")]) {
      for (const { name } of [...each.attributes]) if (!["value", "start", "colspan"].includes(name)) each.removeAttribute(name);
    }
    for (const table of [copy, ...copy.querySelectorAll("table")].filter((each) => each.matches("table"))) {
      table.setAttribute("border", "1");
      table.setAttribute("style", "border-collapse:collapse");
    }
    return { copy, numbers: new Set(numbers) };
  }

  // Returns the lines of a part as plain text; cells are parted by tabs.
  function lines(part) {
    const told = [];
    for (const each of part.querySelectorAll("p, li, tr, h4")) {
      if (each.closest("tr") && each.localName !== "tr") continue;
      const own = each.cloneNode(true);
      for (const inner of own.querySelectorAll("ul, ol")) inner.remove();
      if (own.localName === "tr") told.push([...own.cells].map((cell) => cell.textContent.trim()).join("\t"));
      else {
        const numbered = own.localName === "li" && each.parentElement.localName === "ol";
        const number = each.value || [...each.parentElement.children].indexOf(each) + 1;
        told.push((numbered ? `${number}. ` : own.localName === "li" ? "• " : "") + own.textContent.trim());
      }
    }
    return told;
  }

  async function copy(part, notes, said) {
    const answer = part.closest(".turn");
    said.textContent = ""; // so that a second copy is told as well
    const { copy, numbers } = clean(part, notes);
    const holder = document.createElement("div");
    holder.append(copy);
    const told = lines(holder);
    for (const number of numbers) {
      const note = answer.querySelector(`.chip[data-cite="${number}"]`).dataset.note;
      const line = document.createElement("p");
      line.textContent = `[${number}] ${note}`;
      holder.append(line);
      told.push(line.textContent);
    }
    try {
      await write(holder.innerHTML, told.join("\n") + "\n");
      said.textContent = said.dataset.done;
    } catch {
      said.textContent = said.dataset.failed;
    }
  }

  // Browsers give the clipboard to pages over HTTPS and of this machine only; elsewhere the event
  // of a copy is filled instead.
  async function write(html, text) {
    if (navigator.clipboard?.write) {
      const of = (type, content) => [type, new Blob([content], { type })];
      return navigator.clipboard.write([new ClipboardItem(Object.fromEntries([of("text/html", html), of("text/plain", text)]))]);
    }
    const fill = (event) => {
      event.preventDefault();
      event.clipboardData.setData("text/html", html);
      event.clipboardData.setData("text/plain", text);
    };
    document.addEventListener("copy", fill);
    const done = document.execCommand("copy");
    document.removeEventListener("copy", fill);
    if (!done) throw new Error("not copied");
  }

  // One block is copied, or put into the basket, by the buttons beside it while it is pointed at.
  const beside = document.createElement("span");
  const [one, into] = [document.createElement("button"), document.createElement("button")];
  beside.className = "beside";
  beside.append(one, into);
  one.type = into.type = "button";
  into.className = "put";
  into.name = "answer";
  let block = null;

  function offer(event) {
    const over = event.target.closest?.(".answer > :is(p, table), .answer li");
    if (!over || over === block || !over.closest("#thread")) return;
    block = over;
    one.textContent = document.querySelector("#desk[data-copy]")?.dataset.copy ?? "";
    if (!one.textContent) return;
    const frame = over.closest(".turn");
    const whole = frame.querySelector(".actions .put");
    const all = [...over.closest(".answer").querySelectorAll(":scope > :is(p, h4, h5, h6, table), li")];
    into.hidden = !whole;
    into.textContent = whole?.textContent ?? "";
    into.value = `${frame.dataset.answer}/${all.indexOf(over)}`; // as the answer's blocks are counted
    frame.append(beside);
    beside.style.top = `${over.getBoundingClientRect().top - frame.getBoundingClientRect().top}px`;
  }

  document.addEventListener("mouseover", offer);
  document.addEventListener("focusin", offer);
  one.addEventListener("click", () => copy(block, true, block.closest(".turn").querySelector(".said")));

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
    of.querySelector(".why").scrollIntoView({ block: "nearest" }); // not under the question box
    said.textContent = said.dataset.thanks;
  }

  function explain(form) {
    const reasons = [...form.querySelectorAll("input:checked")].map((box) => box.value);
    const more = form.querySelector("input[type=text]").value.trim();
    judge(form.closest(".turn"), "bad", [...reasons, more].filter(Boolean).join("；"));
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button:is([data-copy], [data-judge])");
    if (!button) return;
    if (button.dataset.judge) judge(button.closest(".turn"), button.dataset.judge, "");
    else copy(button.closest(".turn").querySelector(".answer"), button.dataset.copy === "notes", button.closest(".actions").querySelector(".said"));
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".why")) return;
    event.preventDefault();
    explain(event.target);
  });
}
