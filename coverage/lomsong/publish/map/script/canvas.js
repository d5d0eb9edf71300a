// Layers painted on a canvas of their own: points by the ten thousand, and names that give way to each other.

const CanvasLayer = L.Renderer.extend({
  _initContainer() {
    this._container = document.createElement("canvas");
    this._container.className = "canvas-layer";
  },

  _destroyContainer() {
    this._container.remove();
    delete this._container;
  },

  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    const size = this._bounds.getSize();
    const ratio = window.devicePixelRatio || 1;
    const canvas = this._container;
    L.DomUtil.setPosition(canvas, this._bounds.min);
    canvas.width = ratio * size.x;
    canvas.height = ratio * size.y;
    canvas.style.width = `${size.x}px`;
    canvas.style.height = `${size.y}px`;
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, -ratio * this._bounds.min.x, -ratio * this._bounds.min.y);
    this.paint(context, this._bounds);
  },

  _updatePaths() {},

  repaint() {
    if (this._map) this._update();
  },
});

// packs: as lomsong.publish.map.packed writes them. styles[class](zoom) gives {colour, radius, shape, halo}; classes
// are painted in `order`, the last on top.
const PackedPoints = CanvasLayer.extend({
  initialize(packs, styles, options) {
    CanvasLayer.prototype.initialize.call(this, options);
    this._styles = styles;
    this._order = styles.map((_, index) => index);
    this.setPacks(packs);
  },

  setPacks(packs, order = this._order) {
    this._packs = packs.map(unpack);
    this._order = order;
    this.repaint();
    return this;
  },

  paint(context, bounds) {
    const world = this._map.options.crs.scale(this._map.getZoom());
    const origin = this._map.getPixelOrigin();
    const styles = this._styles.map((style) => style(this._map.getZoom()));
    const pixels = styles.every(({ shape, halo }) => shape === "square" && !halo) ? pixelsOf(context, bounds) : null;
    for (const index of this._order) {
      const style = styles[index];
      const mark = pixels ? pixelSquare(pixels, style) : contextMark(context, style);
      for (const pack of this._packs) eachPoint(bounds, pack, index, style.radius, world, origin, mark);
    }
    if (pixels) context.putImageData(pixels.image, 0, 0);
  },
});

// Squares by the ten thousand are written into the picture itself, ten times as fast as by drawing each.
function pixelsOf(context, bounds) {
  const { width, height } = context.canvas;
  const image = context.createImageData(width, height);
  return { image, width, height, words: new Uint32Array(image.data.buffer), ratio: window.devicePixelRatio || 1, bounds };
}

function pixelSquare({ width, height, words, ratio, bounds }, { colour, radius }) {
  const word = new Uint32Array(Uint8Array.of(...[1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)), 255).buffer)[0];
  const side = Math.max(1, Math.round(2 * radius * ratio));
  return (x, y) => {
    const left = Math.round((x - radius - bounds.min.x) * ratio);
    const top = Math.round((y - radius - bounds.min.y) * ratio);
    const from = Math.max(0, left);
    const to = Math.min(width, left + side);
    const below = Math.min(height, top + side);
    for (let row = Math.max(0, top); row < below; row += 1) {
      for (let at = row * width + from; at < row * width + to; at += 1) words[at] = word;
    }
  };
}

function contextMark(context, style) {
  const draw = shapes[style.shape];
  return (x, y) => {
    if (style.halo) {
      context.fillStyle = style.halo;
      draw(context, x, y, style.radius + 0.8);
    }
    context.fillStyle = style.colour;
    draw(context, x, y, style.radius);
  };
}

const unpacked = new WeakMap();

function unpack(pack) {
  if (!unpacked.has(pack)) {
    const starts = pack.counts.map((_, index) => pack.counts.slice(0, index).reduce((sum, count) => sum + count, 0));
    unpacked.set(pack, { box: pack.box, counts: pack.counts, starts, at: new Uint16Array(bytesOf(pack.at).buffer) });
  }
  return unpacked.get(pack);
}

// Hand each point of a class in view to `mark`, in the pixels of the layer.
function eachPoint(bounds, pack, index, reach, world, origin, mark) {
  const [west, north, east, south] = pack.box;
  const [stepX, stepY] = [((east - west) / 65535) * world, ((south - north) / 65535) * world];
  const [left, top] = [west * world - origin.x, north * world - origin.y];
  const end = pack.starts[index] + pack.counts[index];
  for (let point = pack.starts[index]; point < end; point += 1) {
    const x = left + pack.at[2 * point] * stepX;
    const y = top + pack.at[2 * point + 1] * stepY;
    if (x < bounds.min.x - reach || x > bounds.max.x + reach) continue;
    if (y < bounds.min.y - reach || y > bounds.max.y + reach) continue;
    mark(x, y);
  }
}

const shapes = {
  square: (context, x, y, r) => context.fillRect(x - r, y - r, 2 * r, 2 * r),
  circle: (context, x, y, r) => fillPath(context, () => context.arc(x, y, r, 0, 2 * Math.PI)),
  triangle: (context, x, y, r) => fillCorners(context, [[x, y - 1.2 * r], [x + 1.1 * r, y + 0.8 * r], [x - 1.1 * r, y + 0.8 * r]]),
  diamond: (context, x, y, r) => fillCorners(context, [[x, y - 1.3 * r], [x + 1.3 * r, y], [x, y + 1.3 * r], [x - 1.3 * r, y]]),
};

function fillPath(context, trace) {
  context.beginPath();
  trace();
  context.fill();
}

function fillCorners(context, corners) {
  fillPath(context, () => corners.forEach(([x, y]) => context.lineTo(x, y)));
}

// Names, the foremost first; one that would cover an earlier one waits for a closer view.
const NameLayer = CanvasLayer.extend({
  initialize(names, options) {
    CanvasLayer.prototype.initialize.call(this, options);
    this._names = names;
    this._others = null;
  },

  // Keep clear of other marks: they stand above the names and would cover them.
  avoid(places) {
    if (places === this._others) return;
    this._others = places;
    this.repaint();
  },

  paint(context, bounds) {
    const style = getComputedStyle(this._map.getContainer());
    context.font = `500 12px ${style.fontFamily}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.lineWidth = 3;
    context.strokeStyle = style.getPropertyValue("--halo");
    context.fillStyle = style.getPropertyValue("--name");
    const taken = (this._others ?? []).map((place) => {
      const { x, y } = this._map.latLngToLayerPoint(place);
      return L.bounds([x - 14, y - 14], [x + 14, y + 14]);
    });
    for (const { name, at } of this._names) {
      const point = this._map.latLngToLayerPoint(at);
      const half = L.point(context.measureText(name).width / 2 + 4, 9);
      const box = L.bounds(point.subtract(half), point.add(half));
      if (!bounds.intersects(box) || taken.some((other) => other.intersects(box))) continue;
      taken.push(box);
      context.strokeText(name, point.x, point.y);
      context.fillText(name, point.x, point.y);
    }
  },
});
