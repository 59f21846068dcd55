// Finds, sorts, plots and compares the models of a page.

const AT_ONCE = 60; // rows that are shown before one asks for more
const PAUSE = 150; // milliseconds after the last key, when the plot is drawn
const narrow = matchMedia("(max-width: 60rem)"); // no room for a table

const find = (name) => document.querySelector(`[data-${name}]`);
const finder = find("finder");
const all = (name) => document.querySelectorAll(`[data-${name}]`);
let state = readState();
let limit = AT_ONCE;
let later;
let matches = [];

function showRows() {
  table.tBodies[0].replaceChildren(...matches.slice(0, limit).map((row) => row.element));
  const rest = matches.length - limit;
  find("more").hidden = rest <= 0;
  const total = matches.length.toLocaleString("en");
  find("show").textContent = `Show ${Math.min(rest, AT_ONCE)} more of ${total}`;
}

function showControls() {
  if (finder.q.value !== state.q) finder.q.value = state.q;
  finder.free.checked = state.free;
  finder.sort.value = state.sort;
  for (const name of CHOICES) fillChoice(finder[name], state);
  find("direction").textContent = state.direction > 0 ? "ascending ↑" : "descending ↓";
  for (const button of all("view")) {
    button.setAttribute("aria-pressed", button.dataset.view === state.view);
  }
  for (const button of all("clear")) {
    button.hidden = !(state.q || state.free || CHOICES.some((name) => state[name]));
  }
  for (const cell of all("sort")) {
    const order = state.direction > 0 ? "ascending" : "descending";
    if (cell.dataset.sort === state.sort) cell.setAttribute("aria-sort", order);
    else cell.removeAttribute("aria-sort");
  }
}

function showChosen() {
  const rows = [...state.chosen].map((model) => BY_MODEL.get(model));
  for (const row of ROWS) {
    row.box.checked = state.chosen.has(row.model);
    row.box.disabled = !row.box.checked && rows.length >= MOST_COMPARED;
  }
  find("chosen").hidden = rows.length === 0;
  find("number").textContent = `${rows.length} chosen`;
  find("compare").disabled = rows.length < 2;
  find("compare").textContent = state.isCompared ? "Hide comparison" : "Compare";
  find("comparison").hidden = !state.isCompared || rows.length < 2;
  if (!find("comparison").hidden) find("compared").replaceChildren(comparison(rows));
}

function show(isTyped = false) {
  matches = sorted(ROWS.filter(matcher(state)), state);
  limit = AT_ONCE;
  showControls();
  const count = matches.length;
  find("count").textContent = `${count.toLocaleString("en")} model${count === 1 ? "" : "s"}`;
  find("none").hidden = count > 0 || ROWS.length === 0;
  table.hidden = count === 0;
  table.classList.toggle("cards", state.view === "cards" || narrow.matches);
  showRows();
  showChosen();
  clearTimeout(later);
  later = setTimeout(() => plot(find("plot"), matches), isTyped ? PAUSE : 0);
}

function change(changes, isTyped = false) {
  Object.assign(state, changes);
  show(isTyped);
  writeState(state, isTyped);
}

const choose = (row) => {
  const chosen = new Set(state.chosen);
  if (row.box.checked) chosen.add(row.model);
  else chosen.delete(row.model);
  change({ chosen, isCompared: state.isCompared && chosen.size > 1 });
};

function listen() {
  finder.addEventListener("submit", (event) => event.preventDefault());
  finder.q.addEventListener("input", () => change({ q: finder.q.value }, true));
  finder.free.addEventListener("change", () => change({ free: finder.free.checked }));
  for (const name of CHOICES) {
    finder[name].addEventListener("change", () => change({ [name]: finder[name].value }));
  }
  finder.sort.addEventListener("change", () => {
    change({ sort: finder.sort.value, direction: DIRECTIONS[finder.sort.value] });
  });
  find("direction").addEventListener("click", () => change({ direction: -state.direction }));
  for (const button of all("view")) {
    button.addEventListener("click", () => change({ view: button.dataset.view }));
  }
  const nothing = Object.fromEntries(CHOICES.map((name) => [name, ""]));
  for (const button of all("clear")) {
    button.addEventListener("click", () => {
      change({ q: "", free: false, ...nothing });
      finder.q.focus();
    });
  }
  find("show").addEventListener("click", () => {
    const next = matches[limit];
    limit += AT_ONCE;
    showRows();
    next.element.querySelector("a").focus();
  });
  find("compare").addEventListener("click", () => {
    change({ isCompared: !state.isCompared });
    if (state.isCompared) find("comparison").querySelector("h2").focus();
  });
  find("forget").addEventListener("click", () => {
    change({ chosen: new Set(), isCompared: false });
    finder.q.focus();
  });
  for (const cell of document.querySelectorAll("th[data-sort]")) {
    const button = make("button", { type: "button", class: "order" }, cell.textContent);
    button.addEventListener("click", () => {
      const sort = cell.dataset.sort;
      change({ sort, direction: sort === state.sort ? -state.direction : DIRECTIONS[sort] });
    });
    cell.replaceChildren(button);
  }
  addEventListener("popstate", () => {
    state = readState();
    show();
  });
  find("plot").addEventListener("toggle", () => plot(find("plot"), matches));
  addEventListener("resize", () => plot(find("plot"), matches));
  narrow.addEventListener("change", () => show());
}

addBoxes(choose);
listen();
finder.hidden = ROWS.length < 2; // nothing to find
finder.free.closest("label").hidden = new Set(ROWS.map((row) => row.free === true)).size < 2;
find("plot").open = !narrow.matches;
show();
table.dataset.read = "";
