// Names of models in the plot.

// Where the name of a model may be: above its point, to the left, or beside it.
function placesOf(row, scale) {
  const [x, y, long] = [scale.x(row.macs), scale.y(row.accuracy), row.network.length * 6.8];
  return [
    { start: x + 2 - long, end: x + 2, y: y - 11 },
    { start: x + 10, end: x + 10 + long, y: y + 4 },
  ];
}

// Names of models, as far as there is room between the points and other names.
function names(named, rows, scale, width) {
  const group = draw("g", { class: "names", "aria-hidden": "true" });
  const points = rows.map((row) => [scale.x(row.macs), scale.y(row.accuracy)]);
  const taken = [];
  const isFree = ({ start, end, y }) =>
    start >= PLOT.left &&
    end <= width &&
    !points.some(([px, py]) => px > start - 5 && px < end + 5 && py > y - 13 && py < y + 7) &&
    !taken.some((t) => end > t.start && start < t.end && Math.abs(t.y - y) < 13);
  for (const row of named) {
    const place = placesOf(row, scale).find(isFree);
    if (place === undefined) continue;
    taken.push(place);
    group.append(draw("text", { x: place.start, y: place.y }, row.network));
  }
  return group;
}
