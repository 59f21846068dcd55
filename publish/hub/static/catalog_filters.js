// Which models match, in which order, and how many each further choice would leave.

const OFFERED = {
  task: (row) => [row.task],
  family: (row) => [row.family],
  size: (row) => (row.size === undefined ? [] : [row.size]),
  publisher: (row) => [row.publisher],
  format: (row) => row.formats,
};

// All values of each choice.
const OFFERS = Object.fromEntries(
  CHOICES.map((name) => [name, new Set(ROWS.flatMap(OFFERED[name]))]),
);

// A test of rows: all words are found, and all choices but one hold.
function matcher(state, without) {
  const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
  const choices = CHOICES.filter((name) => state[name] && name !== without);
  return (row) =>
    (!state.free || row.free === true) &&
    choices.every((name) => OFFERED[name](row).includes(state[name])) &&
    words.every((word) => row.words.includes(word));
}

// What is not known comes last, whichever way the order goes; equals stay in the order of names.
function sorted(rows, state) {
  const value = (row) => (state.sort === "name" ? row.place : row[state.sort]);
  const compare = (a, b) => {
    const [left, right] = [value(a), value(b)];
    if (left === undefined || right === undefined) {
      return (left === undefined) - (right === undefined) || a.place - b.place;
    }
    return state.direction * ((left > right) - (left < right)) || a.place - b.place;
  };
  return [...rows].sort(compare);
}

function countOffers(name, state) {
  const counts = new Map();
  for (const row of ROWS.filter(matcher(state, name))) {
    for (const offer of OFFERED[name](row)) counts.set(offer, (counts.get(offer) ?? 0) + 1);
  }
  return counts;
}

function fillChoice(select, state) {
  const name = select.name;
  const counts = countOffers(name, state);
  if (select.options.length === 1) {
    const offers = [...OFFERS[name]].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
    for (const offer of offers) select.add(new Option(offer, offer));
  }
  for (const option of [...select.options].slice(1)) {
    const count = counts.get(option.value) ?? 0;
    option.label = `${option.value}${name === "size" ? " px" : ""} (${count})`;
    option.disabled = count === 0 && state[name] !== option.value;
  }
  select.value = state[name];
  select.closest("label").hidden = OFFERS[name].size < 2; // nothing to choose
}
