// What is asked for: in the address of the page, so that it can be shared and Back finds it.

// Which way each order goes first: 1 is upward.
const DIRECTIONS = { name: 1, accuracy: -1, macs: 1, parameters: 1, bytes: 1, date: -1 };
const VIEWS = ["table", "cards"];
const CHOICES = ["task", "family", "size", "publisher", "format"];
const MOST_COMPARED = 8;

function readState() {
  const asked = new URLSearchParams(location.search);
  const [, minus, sort] = (asked.get("sort") ?? "").match(/^(-?)(\w+)$/) ?? [];
  const isSort = Object.hasOwn(DIRECTIONS, sort);
  const models = (asked.get("compare") ?? "").split(",");
  const state = {
    q: asked.get("q") ?? "",
    free: asked.has("free"),
    sort: isSort ? sort : "name",
    direction: isSort && minus ? -DIRECTIONS[sort] : DIRECTIONS[isSort ? sort : "name"],
    view: VIEWS.includes(asked.get("view")) ? asked.get("view") : "table",
    chosen: new Set(models.filter((model) => BY_MODEL.has(model)).slice(0, MOST_COMPARED)),
    isCompared: asked.has("compared"),
  };
  for (const name of CHOICES) {
    state[name] = OFFERS[name].has(asked.get(name)) ? asked.get(name) : "";
  }
  return state;
}

function addressOf(state) {
  const told = new URLSearchParams();
  for (const name of ["q", ...CHOICES]) if (state[name]) told.set(name, state[name]);
  if (state.free) told.set("free", "1");
  const isReversed = state.direction !== DIRECTIONS[state.sort];
  if (state.sort !== "name" || isReversed) told.set("sort", (isReversed ? "-" : "") + state.sort);
  if (state.view !== "table") told.set("view", state.view);
  if (state.chosen.size) told.set("compare", [...state.chosen].join(","));
  if (state.isCompared && state.chosen.size) told.set("compared", "1");
  const query = told.toString().replaceAll("%2F", "/").replaceAll("%2C", ",");
  return location.pathname + (query ? `?${query}` : "");
}

// A choice is a step that Back undoes; what is typed changes the step that one is at.
function writeState(state, isTyped) {
  const address = addressOf(state);
  if (address === location.pathname + location.search) return;
  history[isTyped ? "replaceState" : "pushState"](null, "", address);
}
