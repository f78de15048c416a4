/* Copy buttons of the set-up page. Where the clipboard is closed to us, the text is selected instead. */
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const said = document.getElementById("copy-said");
  let words = said.dataset.copied;
  try {
    await navigator.clipboard.writeText(source.textContent);
  } catch {
    getSelection().selectAllChildren(source);
    words = said.dataset.selected;
  }
  const label = button.firstElementChild;
  button.dataset.label ||= label.textContent;
  label.textContent = words;
  said.textContent = words + " " + button.lastElementChild.textContent;
  clearTimeout(button.timer);
  button.timer = setTimeout(() => {
    label.textContent = button.dataset.label;
    said.textContent = "";
  }, 3000);
});
