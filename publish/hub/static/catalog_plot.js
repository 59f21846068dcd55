// Accuracy against multiply-adds: a point for each model that has both, with a link to its page.

const SVG = "http://www.w3.org/2000/svg";
const PLOT = { height: 280, left: 34, right: 16, top: 20, bottom: 38 }; // pixels
const CELL = 5; // pixels
const MOST_NAMED = 15; // models; of more, only those on the front have their names in the plot
const COLORS = 14; // as catalog.css has them
const FAMILIES = [...new Set(ROWS.map((row) => row.family))].sort();
const colorOf = (family) => `color${FAMILIES.indexOf(family) % COLORS}`;
const canPlot = (row) => row.accuracy !== undefined && row.macs > 0;

function draw(name, attributes, ...content) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...content);
  return element;
}

// The models that no cheaper one is as accurate as, from the cheapest on.
function front(rows) {
  const best = [];
  for (const row of [...rows].sort((a, b) => a.macs - b.macs || b.accuracy - a.accuracy)) {
    if (!best.length || row.accuracy > best.at(-1).accuracy) best.push(row);
  }
  return best;
}

function scales(rows, width) {
  const [macs, tops] = [rows.map((row) => row.macs), rows.map((row) => row.accuracy)];
  const least = Math.log10(Math.min(...macs)) - 0.08;
  const most = Math.log10(Math.max(...macs)) + 0.08;
  const low = Math.max(0, Math.floor(Math.min(...tops) / 5) * 5 - 1);
  const high = Math.min(100, Math.ceil(Math.max(...tops) / 5) * 5 + 1);
  const [across, up] = [width - PLOT.left - PLOT.right, PLOT.height - PLOT.top - PLOT.bottom];
  return {
    x: (count) => PLOT.left + ((Math.log10(count) - least) / (most - least)) * across,
    y: (top) => PLOT.top + ((high - top) / (high - low)) * up,
    least, most, low, high,
  };
}

function axes(scale, width) {
  const group = draw("g", { class: "axes", "aria-hidden": "true" });
  for (let top = Math.ceil(scale.low / 5) * 5; top <= scale.high; top += 5) {
    const y = scale.y(top);
    group.append(draw("line", { x1: PLOT.left, x2: width - PLOT.right, y1: y, y2: y }));
    group.append(draw("text", { x: PLOT.left - 8, y: y + 4, "text-anchor": "end" }, top));
  }
  const decades = scale.most - scale.least;
  const steps = decades > 2.5 ? [1] : decades > 0.7 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9];
  for (let power = Math.floor(scale.least); power <= scale.most; power += 1) {
    for (const count of steps.map((step) => step * 10 ** power)) {
      if (Math.log10(count) < scale.least || Math.log10(count) > scale.most) continue;
      const place = { x: scale.x(count), y: PLOT.height - PLOT.bottom + 18 };
      group.append(draw("text", { ...place, "text-anchor": "middle" }, millions(count)));
    }
  }
  const place = { x: (PLOT.left + width - PLOT.right) / 2, y: PLOT.height - 4 };
  group.append(draw("text", { ...place, "text-anchor": "middle" }, "multiply-adds, millions"));
  return group;
}

// One of the models at each place: points that lie on each other cannot be told apart anyway.
function apart(rows, scale) {
  const places = new Map();
  for (const row of rows) {
    const place = [scale.x(row.macs), scale.y(row.accuracy)].map((at) => Math.round(at / CELL));
    const key = `${place} ${row.measured}`;
    if (places.has(key)) places.get(key).more += 1;
    else places.set(key, { row, more: 0 });
  }
  return [...places.values()];
}

function point({ row, more }, scale, isOnFront) {
  const others = more ? `, and ${more} more here` : "";
  const figures = `${row.accuracy.toFixed(1)} %, ${millions(row.macs)} million multiply-adds`;
  const said = `${row.model}: ${figures}, ${row.measured ? "measured" : "published"}${others}`;
  const place = { cx: scale.x(row.macs), cy: scale.y(row.accuracy), r: isOnFront ? 5.5 : 4.5 };
  const circle = draw("circle", { ...place, class: row.measured ? "measured" : "hollow" });
  // The table below has a link to every model: the keyboard need not visit hundreds of points.
  const focus = isOnFront ? {} : { tabindex: "-1" };
  const attributes = { href: row.link, class: colorOf(row.family), "aria-label": said, ...focus };
  return draw("a", attributes, circle, draw("title", {}, said));
}

// The models with an accuracy on the data that most have one on; others cannot be compared to it.
function comparable(shown) {
  const able = shown.filter(canPlot);
  const counts = new Map();
  for (const { data } of able) counts.set(data, (counts.get(data) ?? 0) + 1);
  const [most] = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a));
  return { data: most, rows: able.filter((row) => row.data === most), all: able.length };
}

function plot(section, shown) {
  const { data, rows, all } = comparable(shown);
  section.hidden = rows.length < 2;
  if (section.hidden || !section.open) return;
  section.querySelector("[data-data]").textContent = data;
  const left = all - rows.length;
  section.querySelector("[data-elsewhere]").textContent = left
    ? `Not shown: ${left} with an accuracy on other data.`
    : "";
  const drawing = section.querySelector("[data-drawing]");
  const width = Math.max(260, drawing.clientWidth);
  const scale = scales(rows, width);
  const best = front(rows);
  const line = best.map((row) => `${scale.x(row.macs)},${scale.y(row.accuracy)}`).join(" ");
  const [leading, onFront] = [best.map((row) => ({ row, more: 0 })), new Set(best)];
  const rest = rows.length > MOST_NAMED ? [] : rows.filter((row) => !onFront.has(row));
  const named = [...best].reverse().concat(rest);
  const others = apart(rows.filter((row) => !onFront.has(row)), scale);
  const label = { role: "group", "aria-label": "Accuracy against multiply-adds" };
  const box = { width, height: PLOT.height, viewBox: `0 0 ${width} ${PLOT.height}` };
  drawing.replaceChildren(
    draw("svg", { ...label, ...box }, axes(scale, width), draw("polyline", { points: line }),
      names(named, rows, scale, width),
      ...others.map((one) => point(one, scale, false)),
      ...leading.map((one) => point(one, scale, true)),
    ),
  );
  const families = FAMILIES.filter((family) => rows.some((row) => row.family === family));
  section.querySelector("[data-legend]").replaceChildren(
    ...families.map((family) => make("li", { class: colorOf(family) }, family)),
  );
}
