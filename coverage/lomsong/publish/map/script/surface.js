// The surface of the theme and operator, coloured in the page: another threshold is another palette.

// Classes of level follow the threshold, or stay where the settings put them; then what lies below it is grey.
function levelClasses() {
  const { breaks, colours } = data.classes.level;
  const steps = data.signal?.steps_db;
  return { breaks: steps && isRaster(state.theme) ? steps.map((step) => state.dbm + step) : breaks, colours };
}

function classesOf(theme) {
  return theme === "level" || theme === "survey" ? levelClasses() : data.classes[theme];
}

// What colour every code of the theme has, as a canvas stores it; code by code, 0 being nothing.
function surfacePalette() {
  const classes = classesOf(state.theme);
  const palette = new Uint32Array(256);
  const colour = (code) => {
    if (state.theme === "probability") return code > 200 ? null : classes.colours[classOf(code / 200, classes)];
    if (code === 0) return null;
    const greyed = !data.signal.steps_db && levelOf(code) < state.dbm;
    return greyed ? data.signal.unusable : classes.colours[classOf(levelOf(code), classes)];
  };
  const bytes = new Uint8Array(palette.buffer);
  for (let code = 0; code < 256; code += 1) {
    const text = colour(code);
    if (text) bytes.set([1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16)).concat(255), 4 * code);
  }
  return palette;
}

function surfaceLayer(map, painted) {
  const canvas = node("canvas", {});
  const overlay = data.signal ? L.svgOverlay(canvas, data.signal.bounds, { pane: "surface", className: "surface" }) : null;
  let [codes, image] = [null, null];
  const paint = () => {
    const { width, height } = field.codes;
    if (!image) {
      image = new ImageData(width, height);
      [canvas.width, canvas.height] = [width, height];
    }
    codes = state.theme === "level" ? levelCodes() : probabilityCodes();
    const [palette, counts, pixels] = [surfacePalette(), new Uint32Array(256), new Uint32Array(image.data.buffer)];
    for (let at = 0; at < codes.length; at += 1) {
      const code = codes[at];
      pixels[at] = palette[code];
      counts[code] += 1;
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
    toggleLayer(map, overlay, true);
    canvas.dataset.shows = [state.theme, state.operator, state.dbm, state.indoor].join(" ");
    painted(usableShare(counts));
  };
  const follow = () => {
    if (!overlay) return;
    if (!isRaster(state.theme)) toggleLayer(map, overlay, false);
    else if (field.codes) paint();
    else loadField().then(() => { if (isRaster(state.theme)) paint(); });
  };
  return { follow, codeAt: (place) => (codes && isRaster(state.theme) ? codeAt(codes, place) : 0) };
}

// Share of the surveyed ground whose level, or expected share that, reaches the threshold.
function usableShare(counts) {
  let [usable, all] = [0, 0];
  counts.forEach((count, code) => {
    if (state.theme === "probability" ? code > 200 : code === 0) return;
    all += count;
    usable += count * (state.theme === "probability" ? code / 200 : levelOf(code) >= state.dbm);
  });
  return all > 0 ? usable / all : null;
}

function codeAt(codes, place) {
  const { width, height } = field.codes;
  const [south, north] = data.signal.bounds.map((corner) => L.CRS.EPSG3857.project(L.latLng(corner)));
  const point = L.CRS.EPSG3857.project(place);
  const column = Math.floor(((point.x - south.x) / (north.x - south.x)) * width);
  const row = Math.floor(((north.y - point.y) / (north.y - south.y)) * height);
  const inside = column >= 0 && row >= 0 && column < width && row < height;
  return inside ? codes[row * width + column] : state.theme === "probability" ? NOTHING : 0;
}

// The level or the probability under the pointer, in words.
function surfaceWords(code) {
  if (state.theme === "level") return code === 0 ? say("unsurveyed") : say("here_level", { value: formats.level.format(Math.round(levelOf(code))) });
  return code > 200 ? say("unsurveyed") : say("here_probability", { value: formats.percent.format(code / 200) });
}
