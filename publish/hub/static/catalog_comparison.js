// Chosen models side by side, with what the table says about each.

const LABELS = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent);

function cellsOf(row) {
  return LABELS.map((label) => row.element.querySelector(`[data-label="${label}"]`));
}

function comparison(rows) {
  const models = make("tr", {}, make("th", { scope: "col" }, "Model"));
  for (const row of rows) {
    const name = row.element.querySelector("a").cloneNode(true);
    models.append(make("th", { scope: "col" }, name));
  }
  const columns = rows.map(cellsOf);
  const body = LABELS.map((label, place) => {
    const cells = columns.map((column) => column[place]);
    const isSame = new Set(cells.map((cell) => cell.textContent.trim())).size === 1;
    const head = make("th", { scope: "row" }, label);
    const line = make("tr", isSame ? {} : { class: "differs" }, head);
    for (const cell of cells) line.append(make("td", {}, ...cell.cloneNode(true).childNodes));
    return line;
  });
  return make("table", {}, make("thead", {}, models), make("tbody", {}, ...body));
}

// A box in front of each row, to choose it.
function addBoxes(onChange) {
  table.tHead.rows[0].prepend(make("td", {}, make("span", { class: "unseen" }, "Compare")));
  for (const row of ROWS) {
    const label = `Compare ${row.model}`;
    row.box = make("input", { type: "checkbox", "aria-label": label });
    row.box.addEventListener("change", () => onChange(row));
    row.element.prepend(make("td", { class: "box" }, row.box));
  }
}
