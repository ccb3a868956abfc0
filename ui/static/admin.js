// Uploads file by file with a line for each, and shows how far an upload or a rebuild is.
"use strict";

{
  const root = new URL("..", document.currentScript.src).pathname; // the proxy's prefix
  const $ = (selector) => document.querySelector(selector);
  const EVERY = 500; // ms

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

  // ---- rebuild ----

  async function look() {
    const now = await (await fetch(`${root}admin/progress`)).json();
    if (now.state !== "building") {
      location.replace(`${root}admin#files`);
      location.reload();
      return;
    }
    const bar = $(".rebuild progress"), told = $(".rebuild .told");
    bar.hidden = false;
    if (now.total) bar.value = now.done / now.total;
    told.textContent = fill(told.dataset.building, now);
    setTimeout(look, EVERY);
  }

  // ---- upload ----

  const form = $(".upload"), text = form.dataset, lines = $(".lines"), bar = $(".upload progress");
  const none = $(".picked").textContent;
  let chosen = []; // of a file and its path

  function choose(files) {
    chosen = files;
    $(".picked").textContent = files.map(({ path }) => path).join("、") || none;
  }

  const named = (list) => [...list].map((file) => ({ file, path: file.webkitRelativePath || file.name }));

  // All files of what was dropped, those in folders, too; a folder gives its entries in pieces.
  async function within(entry) {
    if (entry.isFile) {
      const file = await new Promise((done, fail) => entry.file(done, fail));
      return [{ file, path: entry.fullPath.slice(1) }];
    }
    const reader = entry.createReader(), found = [];
    for (;;) {
      const some = await new Promise((done, fail) => reader.readEntries(done, fail));
      if (!some.length) return found;
      for (const each of some) found.push(...(await within(each)));
    }
  }

  function send({ file, path }, progress) {
    const sent = new FormData(), request = new XMLHttpRequest();
    sent.append("files", file, path);
    if (form.elements.replace.checked) sent.append("replace", "true");
    return new Promise((done) => {
      const failed = (why) => done([{ kept: false, text: fill(text.refused, { name: path, why }) }]);
      request.upload.addEventListener("progress", (event) => progress(event.loaded / event.total));
      request.addEventListener("error", () => failed(text.lost));
      request.addEventListener("load", () => {
        const why = { 401: text.login, 413: text.large };
        const wait = request.status === 429 && Number(request.getResponseHeader("retry-after")); // s
        if (wait) setTimeout(() => done(send({ file, path }, progress)), wait * 1000);
        else if (request.status === 200) done(JSON.parse(request.responseText));
        else failed(why[request.status] ?? text.lost);
      });
      request.open("POST", form.action);
      request.setRequestHeader("Accept", "application/json");
      request.send(sent);
    });
  }

  async function upload() {
    const files = chosen, count = { kept: 0, refused: 0 };
    form.inert = true;
    bar.hidden = false;
    lines.replaceChildren();
    for (const [at, each] of files.entries()) {
      $(".sent").textContent = fill(text.uploading, { done: at + 1, total: files.length, name: each.path });
      for (const told of await send(each, (share) => { bar.value = (at + share) / files.length; })) {
        const line = document.createElement("li");
        line.textContent = told.text;
        line.classList.toggle("refused", !told.kept);
        lines.append(line);
        count[told.kept ? "kept" : "refused"] += 1;
      }
    }
    bar.hidden = true;
    form.inert = false;
    form.reset();
    choose([]);
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    $("#files").replaceWith(page.querySelector("#files"));
    $(".sent").textContent = fill(text.done, count);
  }

  for (const input of form.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => choose(named(input.files)));
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (chosen.length) upload();
  });
  form.addEventListener("dragover", (event) => {
    event.preventDefault();
    form.classList.add("over");
  });
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", async (event) => {
    event.preventDefault();
    form.classList.remove("over");
    const items = [...event.dataTransfer.items].filter((item) => item.kind === "file");
    const dropped = items.map((item) => [item.webkitGetAsEntry(), item.getAsFile()]); // gone after the first wait
    choose((await Promise.all(dropped.map(([entry, file]) => (entry ? within(entry) : named([file]))))).flat());
    if (chosen.length) upload();
  });
  $(".upload .folder").hidden = false;
  if ($(".rebuild .told").dataset.state === "building") look();
}
