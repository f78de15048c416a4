/* Copy buttons of the set-up page. Where the clipboard is closed to us, the text is selected instead. */
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    const label = button.innerHTML;
    button.textContent = button.dataset.copied;
    setTimeout(() => {
      button.innerHTML = label;
    }, 2000);
  } catch (e) {
    getSelection().selectAllChildren(source);
  }
});
