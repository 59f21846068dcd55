// Tries the model on pictures of the reader, in the browser: nothing leaves it.

const BEST = 5; // classes, or neighbors, that are shown of a picture
const trial = document.querySelector("[data-trial]");
const { runtime, model, labels, size, task } = trial.dataset;
const say = (text) => (trial.querySelector("[data-said]").textContent = text);
const pictures = []; // each with its name and its answer, a Float32Array
let loading;

async function load() {
  const folder = new URL(runtime, location);
  const ort = await import(new URL("ort.wasm.min.mjs", folder));
  ort.env.wasm.numThreads = 1; // more would need headers that few hosts send
  ort.env.wasm.wasmPaths = folder.href;
  const names = labels ? (await (await fetch(labels)).text()).trimEnd().split("\n") : [];
  const session = await ort.InferenceSession.create(new URL(model, location).href);
  return { ort, session, names };
}

async function answer(picture) {
  const { ort, session } = await loading;
  const shape = [1, Number(size), Number(size), 3];
  const inputs = new ort.Tensor("float32", stretch(picture, Number(size)), shape);
  const outputs = await session.run({ [session.inputNames[0]]: inputs });
  return outputs[session.outputNames[0]].data;
}

function softmax(logits) {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

function cosine(a, b) {
  const dot = (u, v) => u.reduce((total, value, place) => total + value * v[place], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

// What is shown of a picture: pairs of a name and a number, the largest first.
function findings(picture, names) {
  const found =
    task === "classification"
      ? softmax(picture.answer).map((p, number) => [names[number] ?? `class ${number}`, p])
      : pictures
          .filter((other) => other !== picture)
          .map((other) => [other.name, cosine(picture.answer, other.answer)]);
  return found.sort((a, b) => b[1] - a[1]).slice(0, BEST);
}

function show(names) {
  for (const picture of pictures) {
    const lines = findings(picture, names).map(([name, value]) => {
      const line = document.createElement("li");
      const number = document.createElement("data");
      number.value = value;
      number.textContent =
        task === "classification" ? `${(100 * value).toFixed(1)} %` : value.toFixed(3);
      line.append(`${name} `, number);
      return line;
    });
    picture.list.replaceChildren(...lines);
  }
}

function add(file) {
  const item = document.createElement("li");
  const image = document.createElement("img");
  image.alt = file.name;
  image.src = URL.createObjectURL(file);
  image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
  const list = document.createElement("ol");
  item.append(image, list);
  trial.querySelector("[data-tried]").prepend(item);
  return { name: file.name, list };
}

async function take(files) {
  say("Loading the model…");
  loading ??= load();
  try {
    await loading;
  } catch (error) {
    loading = undefined;
    say(`The model cannot be loaded: ${error.message}`);
    return;
  }
  for (const file of files) {
    say(`Looking at ${file.name}…`);
    try {
      const found = await answer(await decode(file));
      pictures.push({ ...add(file), answer: found });
      say(task === "classification" ? "" : "Numbers are cosines of feature vectors.");
    } catch (error) {
      say(`${file.name} cannot be used: ${error.message}`);
    }
    show((await loading).names);
  }
}

// One after the other, in the order in which they came.
let queue = Promise.resolve();
const enqueue = (files) => (queue = queue.then(() => take(files)));

trial.querySelector("input").addEventListener("change", (event) => {
  enqueue([...event.target.files]);
  event.target.value = "";
});
trial.addEventListener("dragover", (event) => event.preventDefault());
trial.addEventListener("drop", (event) => {
  event.preventDefault();
  enqueue([...event.dataTransfer.files]);
});
trial.hidden = location.protocol === "file:"; // where browsers let no page read a file
