"use strict";
// The gallery: filters, sorting, views and keys. Text from the data is only ever set as text.
(() => {
  const items = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const controls = ["task", "category", "show", "sort", "view", "boxes", "search"].map(byId);
  const [task, category, show, sort, view, boxes, search] = controls;
  const cards = byId("cards");
  const PAGE = 8;
  let shown = [];
  let built = 0;
  let current = 0;
  let side = 0;

  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const names = { yes: "match", partial: "partly" };
  const plain = (name) => name.replace("_error", "").replaceAll("_", " ");

  for (const item of items) {
    item.categories = new Set(item.rows.flatMap((row) => [row.a, row.p].flatMap((e) => e ? [e.c] : [])));
    const [hard, soft, invented, missed] = item.counts;
    item.partial = 2 * (soft - hard);
    item.wrong = invented + missed + 0.5 * item.partial;
    item.apart = Math.abs(item.severity[0] - item.severity[1]);
    item.failed = item.failure !== null || !item.reported || !item.known;
  }
  for (const name of [...new Set(items.flatMap((item) => [...item.categories]))].sort()) {
    const option = make("option", "", plain(name));
    option.value = name;
    category.append(option);
  }

  // Only a search needs these, and the first view must not wait for them.
  const text = (item) => item.text ??= [item.id, item.failure, item.reason,
    ...item.rows.flatMap((row) => [row.a, row.p].flatMap((e) => e ? [e.l, e.d] : []))]
    .filter(Boolean).join(" ").toLowerCase();

  const passes = {
    "": () => true,
    missed: (item) => item.counts[3] > 0,
    invented: (item) => item.counts[2] > 0,
    partial: (item) => item.partial > 0,
    right: (item) => !item.failed && item.wrong === 0,
    failed: (item) => item.failed,
  };
  const orders = {
    file: () => 0,
    wrong: (item) => item.wrong,
    missed: (item) => item.counts[3],
    invented: (item) => item.counts[2],
    severity: (item) => item.apart,
  };

  for (const { value } of show.options) {
    const name = value.replace(/^overlooked:/, "");
    if (name !== value) passes[value] = (item) => item.overlooked.includes(name);
  }

  function apply() {
    const wanted = search.value.trim().toLowerCase();
    const order = orders[sort.value];
    shown = items.filter((item) =>
      (!task.value || item.task === task.value) &&
      (!category.value || item.categories.has(category.value)) &&
      passes[show.value](item) && (!wanted || text(item).includes(wanted)));
    shown.sort((a, b) => order(b) - order(a) || a.n - b.n);
    cards.replaceChildren();
    built = 0;
    current = 0;
    byId("count").textContent = `${shown.length} of ${items.length}`;
    extend();
    mark(false);
  }

  function extend() {
    const fragment = document.createDocumentFragment();
    for (const item of shown.slice(built, built + PAGE)) fragment.append(card(item));
    built = Math.min(shown.length, built + PAGE);
    cards.append(fragment);
  }

  function card(item) {
    const node = make("article", "card");
    node.dataset.n = item.n;
    const head = make("header");
    head.append(make("b", "", item.id), make("span", "tag", item.task));
    if (item.failure) head.append(make("span", "warning", `failed: ${item.failure}`));
    if (!item.known) head.append(make("span", "warning", "unknown task, left out"));
    if (!item.reported) head.append(make("span", "warning", item.reason ? `no report: ${item.reason}` : "no report"));
    const [hard, , invented, missed] = item.counts;
    head.append(make("span", "right",
      [[hard, "found"], [item.partial, "partly"], [missed, "missed"], [invented, "invented"]]
        .filter(([count]) => count).map(([count, what]) => `${count} ${what} · `).join("") +
      `severity predicted ${item.severity[0]}, annotated ${item.severity[1]}`));
    const body = make("div", "body");
    const images = make("div", "images");
    ["reference", "candidate"].forEach((name, index) => images.append(picture(item, name, index)));
    body.append(images, table(item));
    node.append(head, body);
    node.addEventListener("click", () => {
      current = shown.indexOf(item);
      mark(false);
    });
    setView(images);
    return node;
  }

  function picture(item, name, index) {
    const figure = make("figure");
    const frame = make("div", "frame");
    figure.append(make("figcaption", "", name), frame);
    if (!item.images[index]) {
      frame.append(make("div", "none", "image missing"));
      return figure;
    }
    const image = make("img");
    image.loading = "lazy";
    image.decoding = "async";
    image.alt = `${name} of ${item.id}`;
    image.addEventListener("load", () => drawBoxes(item, index, image, frame));
    image.addEventListener("error", () => frame.replaceChildren(make("div", "none", "image can't be shown")));
    image.src = item.images[index];
    frame.append(image);
    return figure;
  }

  function drawBoxes(item, index, image, frame) {
    item.rows.forEach((row, number) => [row.a, row.p].forEach((error) => {
      if (!error || !error.b) return;
      const [x0, y0, x1, y1] = error.b;
      // The other image shows thinly where the element would be.
      const box = make("div", `box ${row.level}${error.i === index ? "" : " ghost"}`);
      box.dataset.row = number;
      box.title = `${error.l}: ${error.d}`;
      const share = (value, whole) => `${(100 * value) / whole}%`;
      box.style.left = share(x0, image.naturalWidth);
      box.style.top = share(y0, image.naturalHeight);
      box.style.width = share(Math.max(1, x1 - x0), image.naturalWidth);
      box.style.height = share(Math.max(1, y1 - y0), image.naturalHeight);
      frame.append(box);
    }));
  }

  function table(item) {
    const node = make('table', "errors");
    const head = make("tr");
    ["", "annotated", "predicted"].forEach((name) => head.append(make("th", "", name)));
    node.append(head);
    item.rows.forEach((row, number) => {
      const line = make("tr");
      const level = make("td");
      level.append(make("span", `badge ${row.level}`, names[row.level] ?? row.level));
      line.append(level, cell(row.a), cell(row.p));
      const light = (on) => () => node.closest(".card")
        .querySelectorAll(`.box[data-row="${number}"]`).forEach((box) => box.classList.toggle("lit", on));
      line.addEventListener("mouseenter", light(true));
      line.addEventListener("mouseleave", light(false));
      node.append(line);
    });
    if (!item.rows.length || item.hidden) {
      const line = make("tr");
      const note = make("td", "muted", item.hidden ? `and ${item.hidden} more` : "no errors on either side");
      note.colSpan = 3;
      line.append(note);
      node.append(line);
    }
    return node;
  }

  function cell(error) {
    const node = make("td");
    if (!error) return node;
    if (error.l) node.append(make("span", "where", error.l));
    node.append(make("span", "what", error.d), make("span", "kind", `${plain(error.c)} · severity ${error.s}`));
    return node;
  }

  function setView(images) {
    const mode = view.value;
    images.className = "images";
    if (mode !== "side") images.classList.add("stacked");
    if (mode === "difference") images.classList.add("difference");
    if (mode === "toggle" || mode === "blink") images.classList.add(`show-${side}`);
  }

  function refreshViews() {
    cards.querySelectorAll(".images").forEach(setView);
  }

  function mark(scroll) {
    cards.querySelector(".card.current")?.classList.remove("current");
    const node = cards.children[current];
    if (!node) return;
    node.classList.add("current");
    if (scroll) node.scrollIntoView({ block: "start" });
  }

  function go(step) {
    current = Math.max(0, Math.min(shown.length - 1, current + step));
    while (built <= current && built < shown.length) extend();
    mark(true);
  }

  function setMode(mode) {
    view.value = mode;
    refreshViews();
  }

  const keys = {
    n: () => go(1), ArrowRight: () => go(1), p: () => go(-1), ArrowLeft: () => go(-1),
    b: () => setMode(view.value === "blink" ? "side" : "blink"),
    d: () => setMode(view.value === "difference" ? "side" : "difference"),
    s: () => setMode("side"),
    t: () => {
      side = view.value === "toggle" ? 1 - side : side;
      setMode("toggle");
    },
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select")) return;
    if (keys[event.key]) {
      event.preventDefault();
      keys[event.key]();
    }
  });
  setInterval(() => {
    if (view.value !== "blink") return;
    side = 1 - side;
    refreshViews();
  }, 500);
  for (const control of [task, category, show, sort]) control.addEventListener("change", apply);
  search.addEventListener("input", apply);
  view.addEventListener("change", () => {
    refreshViews();
    view.blur();
  });
  boxes.addEventListener("change", () => cards.classList.toggle("no-boxes", !boxes.checked));
  new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting) && built < shown.length) extend();
  }, { rootMargin: "800px" }).observe(byId("end"));
  apply();
})();
