// Turns the announcement's picture into a PNG with this computer's fonts. Without this script the SVG can be saved.

const button = document.querySelector("[data-tombola-png]");

async function png() {
  const image = new Image();
  image.src = button.dataset.tombolaPng;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = Number(button.dataset.width);
  canvas.height = Number(button.dataset.height);
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

button?.addEventListener("click", async () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await png());
  link.download = button.dataset.name;
  link.click();
  URL.revokeObjectURL(link.href);
});
if (button) button.hidden = false;
