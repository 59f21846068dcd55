(() => {
  const search = document.querySelector("[data-search]");
  if (search) {
    const rows = [...document.querySelectorAll("[data-words]")];
    const none = document.querySelector("[data-none]");
    const count = document.querySelector("[data-count]");
    const show = () => {
      const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const row of rows) {
        row.hidden = !wanted.every((word) => row.dataset.words.includes(word));
      }
      const left = rows.filter((row) => !row.hidden).length;
      count.textContent = left;
      none.hidden = left > 0;
    };
    search.addEventListener("input", show);
    show();
  }
  const button = document.querySelector("[data-copy]");
  if (button) {
    const handle = document.querySelector("[data-handle]");
    const select = () => getSelection().selectAllChildren(handle);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(handle.textContent);
        button.textContent = "Copied";
      } catch {
        select(); // without https browsers may keep the clipboard to themselves
        button.textContent = document.execCommand("copy") ? "Copied" : "Press Ctrl+C";
      }
      setTimeout(() => (button.textContent = "Copy"), 2000);
    });
  }
})();
