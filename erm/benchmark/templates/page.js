"use strict";
// The gallery: filters, sorting, views and keys. Text from the data is only ever set as text.
(() => {
  const { heads, empty, items } = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const controls = ["task", "category", "show", "sort", "view", "boxes", "search"].map(byId);
  const [task, category, show, sort, view, boxes, search] = controls;
  const cards = byId("cards");
  const PAGE = 8;
  const MOST = Math.max(2, ...items.map((item) => item.images.length));
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

  const errorsOf = (item) => item.rows.flatMap((row) => row.cells.filter(Boolean));
  for (const item of items) item.categories = new Set(errorsOf(item).map((error) => error.c));
  for (const name of [...new Set(items.flatMap((item) => [...item.categories]))].sort()) {
    const option = make("option", "", plain(name));
    option.value = name;
    category.append(option);
  }

  // Only a search needs these, and the first view must not wait for them.
  const text = (item) => item.text ??= [item.id, ...item.warnings,
    ...errorsOf(item).flatMap((error) => [error.l, error.d])]
    .filter(Boolean).join(" ").toLowerCase();
  const order = (item) => item.order[sort.value] ?? 0;

  function apply() {
    const wanted = search.value.trim().toLowerCase();
    shown = items.filter((item) =>
      (!task.value || item.task === task.value) &&
      (!category.value || item.categories.has(category.value)) &&
      (!show.value || item.show.includes(show.value)) && (!wanted || text(item).includes(wanted)));
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
    for (const warning of item.warnings) head.append(make("span", "warning", warning));
    head.append(make("span", "right", item.note));
    const body = make("div", "body");
    const images = make("div", "images");
    item.images.forEach((_, index) => images.append(picture(item, index)));
    body.append(images, table(item));
    node.append(head, body);
    node.addEventListener("click", () => {
      current = shown.indexOf(item);
      mark(false);
    });
    setView(images);
    return node;
  }

  function picture(item, index) {
    const { src, caption, missing } = item.images[index];
    const figure = make("figure");
    const frame = make("div", "frame");
    figure.append(make("figcaption", "", caption), frame);
    if (!src) {
      frame.append(make("div", "none", missing));
      return figure;
    }
    const image = make("img");
    image.loading = "lazy";
    image.decoding = "async";
    image.alt = `${caption} of ${item.id}`;
    image.addEventListener("load", () => drawBoxes(item, index, image, frame));
    image.addEventListener("error", () => frame.replaceChildren(make("div", "none", "image can't be shown")));
    image.src = src;
    frame.append(image);
    return figure;
  }

  function drawBoxes(item, index, image, frame) {
    item.rows.forEach((row, number) => row.cells.forEach((error) => {
      if (!error || !error.b || (error.i !== index && error.o !== index)) return;
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
    ["", ...heads].forEach((name) => head.append(make("th", "", name)));
    node.append(head);
    item.rows.forEach((row, number) => {
      const line = make("tr");
      const level = make("td");
      if (row.level) level.append(make("span", `badge ${row.level}`, names[row.level] ?? row.level));
      line.append(level, ...row.cells.map(cell));
      const light = (on) => () => node.closest(".card")
        .querySelectorAll(`.box[data-row="${number}"]`).forEach((box) => box.classList.toggle("lit", on));
      line.addEventListener("mouseenter", light(true));
      line.addEventListener("mouseleave", light(false));
      node.append(line);
    });
    if (!item.rows.length || item.hidden) {
      const line = make("tr");
      const note = make("td", "muted", item.hidden ? `and ${item.hidden} more` : empty);
      note.colSpan = heads.length + 1;
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

  // One image at a time, or one laid over the reference.
  function setView(images) {
    const mode = view.value;
    images.className = "images";
    const figures = [...images.children];
    const over = 1 + (Math.max(1, side) - 1) % (figures.length - 1);
    if (mode !== "side") images.classList.add("stacked");
    if (mode === "difference") images.classList.add("difference");
    figures.forEach((figure, index) => {
      figure.classList.toggle("hidden", mode === "difference" ? index !== 0 && index !== over
        : mode !== "side" && index !== side % figures.length);
      figure.classList.toggle("over", mode === "difference" && index === over);
    });
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
      const over = view.value === "difference" && MOST > 2;
      if (view.value === "toggle" || over) side = (side + 1) % MOST;
      setMode(over ? "difference" : "toggle");
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
    side = (side + 1) % MOST;
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
