// The models of a page: rows of its table, each with the values that they are compared by.

const table = document.querySelector("[data-models]");

function readRow(element, place) {
  const values = JSON.parse(element.dataset.values);
  return {
    place,
    element,
    link: element.querySelector("a").getAttribute("href"),
    words: `${element.textContent} ${element.dataset.words}`.toLowerCase().replace(/\s+/g, " "),
    ...values,
    size: values.size === undefined ? undefined : String(values.size),
  };
}

// In the order of their names, as the server lists them.
const ROWS = [...table.tBodies[0].rows].map(readRow);
const BY_MODEL = new Map(ROWS.map((row) => [row.model, row]));

const millions = (count) => (count / 1e6).toLocaleString("en", { maximumSignificantDigits: 3 });

function make(name, attributes = {}, ...content) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...content);
  return element;
}
