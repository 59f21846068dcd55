// Pictures as the model sees them: what its signature for encoded images makes of a file.

async function decode(file) {
  const image = await createImageBitmap(file, { colorSpaceConversion: "none" });
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, image.width, image.height);
}

// The two pixels on a line that a place lies between, and how far it is from the first:
// bilinear, between the centers of pixels.
function neighbors(place, from, to) {
  const exact = ((place + 0.5) * from) / to - 0.5;
  const low = Math.floor(exact);
  const inside = (at) => Math.min(Math.max(at, 0), from - 1);
  return [inside(low), inside(low + 1), exact - low];
}

// RGB from 0 to 1, [size, size, 3], stretched to a square and not smoothed.
function stretch({ width, height, data }, size) {
  const stretched = new Float32Array(size * size * 3);
  const columns = Array.from({ length: size }, (_, x) => neighbors(x, width, size));
  for (let y = 0; y < size; y += 1) {
    const [top, bottom, down] = neighbors(y, height, size);
    for (let x = 0; x < size; x += 1) {
      const [left, right, across] = columns[x];
      for (let channel = 0; channel < 3; channel += 1) {
        const at = (row, column) => data[4 * (row * width + column) + channel] / 255;
        const above = at(top, left) + (at(top, right) - at(top, left)) * across;
        const below = at(bottom, left) + (at(bottom, right) - at(bottom, left)) * across;
        stretched[3 * (y * size + x) + channel] = above + (below - above) * down;
      }
    }
  }
  return stretched;
}
