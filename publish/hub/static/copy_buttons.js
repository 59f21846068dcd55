// Buttons that copy code, the address of a model, or a digest.

const COPIED_SECONDS = 2;

async function copy(source, button) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(source); // without https browsers may keep the clipboard
    button.textContent = document.execCommand("copy") ? "Copied" : "Press Ctrl+C";
  }
  setTimeout(() => (button.textContent = label), 1000 * COPIED_SECONDS);
}

function addButton(source, what) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy ${what}`);
  button.addEventListener("click", () => copy(source, button));
  const announced = document.createElement("span");
  announced.className = "unseen";
  announced.setAttribute("role", "status");
  new MutationObserver(() => {
    const isDone = button.textContent !== "Copy";
    announced.textContent = isDone ? button.textContent : "";
  }).observe(button, { childList: true });
  return [button, announced];
}

for (const source of document.querySelectorAll("[data-copied]")) {
  source.after(...addButton(source, source.dataset.copied));
}
for (const block of document.querySelectorAll("article pre")) {
  const frame = document.createElement("div");
  frame.className = "block";
  block.replaceWith(frame);
  frame.append(block, ...addButton(block, "code"));
}
