// Pictures read as numbers: the codes that lomsong.publish.map.png wrote, eight bits a pixel, one filter a row.

function bytesOf(base64) {
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  for (let index = 0; index < letters.length; index += 1) bytes[index] = letters.charCodeAt(index);
  return bytes;
}

async function readPicture(uri) {
  const bytes = bytesOf(uri.slice(uri.indexOf(",") + 1));
  const view = new DataView(bytes.buffer);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const packed = [];
  for (let at = 8; at < bytes.length;) {
    const length = view.getUint32(at);
    if (String.fromCharCode(...bytes.subarray(at + 4, at + 8)) === "IDAT") packed.push(bytes.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const stream = new Blob(packed).stream().pipeThrough(new DecompressionStream("deflate"));
  return { width, height, codes: unfilter(new Uint8Array(await new Response(stream).arrayBuffer()), width, height) };
}

function unfilter(rows, width, height) {
  const codes = new Uint8Array(width * height);
  const nothing = new Uint8Array(width);
  for (let row = 0; row < height; row += 1) {
    const filter = rows[row * (width + 1)];
    const rest = rows.subarray(row * (width + 1) + 1, (row + 1) * (width + 1));
    const above = row > 0 ? codes.subarray((row - 1) * width, row * width) : nothing;
    unfilterRow[filter](codes.subarray(row * width, (row + 1) * width), rest, above, width);
  }
  return codes;
}

const unfilterRow = [
  (line, rest) => line.set(rest),
  (line, rest, above, width) => {
    for (let at = 0, left = 0; at < width; at += 1) { left = (rest[at] + left) & 255; line[at] = left; }
  },
  (line, rest, above, width) => {
    for (let at = 0; at < width; at += 1) line[at] = rest[at] + above[at];
  },
  (line, rest, above, width) => {
    for (let at = 0, left = 0; at < width; at += 1) { left = (rest[at] + ((left + above[at]) >> 1)) & 255; line[at] = left; }
  },
  (line, rest, above, width) => {
    for (let at = 0, left = 0, corner = 0; at < width; at += 1) {
      const [up, guess] = [above[at], left + above[at] - corner];
      const [toLeft, toUp, toCorner] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
      const nearest = toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
      left = (rest[at] + nearest) & 255;
      line[at] = left;
      corner = up;
    }
  },
];
