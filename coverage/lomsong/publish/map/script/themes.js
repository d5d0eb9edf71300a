// What changes with the theme: the fill of the communes, the surface, the measurements, the proposed towers.

function communeValue(commune) {
  return (state.theme === "share" ? commune.share : commune.gap)?.[state.operator] ?? null;
}

function communeFill(commune) {
  if (!isChoropleth(state.theme)) return "";
  const value = communeValue(commune);
  if (value === null || commune.mostly_unsurveyed) return "";
  const classes = data.classes[state.theme];
  return classes.colours[classOf(magnitude(value), classes)];
}

// Over a surface the communes keep their borders only; what the surface leaves open shows the hatching below.
function communeKind(commune) {
  if (isRaster(state.theme)) return "clear";
  if (!isChoropleth(state.theme)) return "plain";
  if (communeValue(commune) === null) return "plain";
  return commune.mostly_unsurveyed ? "hatched" : "valued";
}

function communeLayer(open) {
  const layer = L.featureGroup();
  const shapes = new Map();
  for (const commune of data.communes) {
    const shape = L.polygon(commune.shape, { pane: "communes", className: "commune", smoothFactor: 0.5 });
    let pointer = null;
    shape.bindTooltip(() => communeTip(commune, pointer), { sticky: true, opacity: 1 });
    shape.on("mousemove", ({ latlng }) => {
      pointer = latlng;
      if (isRaster(state.theme)) shape.getTooltip().update();
    });
    shape.on("click", () => open(commune.commune_code));
    shape.on("mouseover mouseout", ({ type }) => shape.getElement().classList.toggle("hovered", type === "mouseover"));
    shapes.set(commune.commune_code, shape);
    layer.addLayer(shape);
  }
  layer.shapeOf = (code) => shapes.get(code);
  layer.follow = () => data.communes.forEach((commune) => {
    const element = shapes.get(commune.commune_code).getElement();
    element.dataset.kind = communeKind(commune);
    element.style.setProperty("--fill", communeFill(commune));
    element.classList.toggle("chosen", commune.commune_code === state.commune);
  });
  return layer;
}

// Everything inside the border, hatched, under the surface: where nobody measured, this is what is seen.
function hatchLayer() {
  return L.polygon(data.communes.flatMap((commune) => commune.shape), {
    pane: "hatch", className: "hatched-ground", interactive: false, smoothFactor: 0.5,
  });
}

// The surface of the theme and operator. The picture's own pixels also answer which class a place is in.
function surfaceLayer(map) {
  let overlay = null;
  let pixels = null;
  const follow = () => {
    overlay?.remove();
    overlay = pixels = null;
    if (!isRaster(state.theme)) return;
    const { uri, bounds } = data[state.theme][state.operator];
    overlay = L.imageOverlay(uri, bounds, { pane: "surface", className: "surface" }).addTo(map);
    readPixels(uri).then((read) => { pixels = read; });
  };
  const classAt = (place) => {
    if (!pixels || !overlay) return -1;
    const bounds = overlay.getBounds();
    const [top, left] = [L.CRS.EPSG3857.project(bounds.getNorthWest()), L.CRS.EPSG3857.project(place)];
    const bottom = L.CRS.EPSG3857.project(bounds.getSouthEast());
    const column = Math.floor(((left.x - top.x) / (bottom.x - top.x)) * pixels.width);
    const row = Math.floor(((left.y - top.y) / (bottom.y - top.y)) * pixels.height);
    return pixelClass(pixels, column, row);
  };
  return { follow, classAt };
}

async function readPixels(uri) {
  const image = new Image();
  image.src = uri;
  await image.decode();
  const canvas = node("canvas", { width: image.naturalWidth, height: image.naturalHeight });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

function pixelClass(pixels, column, row) {
  if (column < 0 || row < 0 || column >= pixels.width || row >= pixels.height) return -1;
  const [red, green, blue, alpha] = pixels.data.subarray(4 * (row * pixels.width + column), 4 * (row * pixels.width + column) + 4);
  if (alpha === 0) return -1;
  const colour = `#${[red, green, blue].map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
  return data.classes[state.theme].colours.indexOf(colour);
}

// For one's own or any operator the best level lies on top, for all operators the worst.
function surveyLayer() {
  const colours = [data.colours.no_service, ...data.classes.level.colours];
  const styles = colours.map((colour) => (zoom) => ({
    colour, radius: Math.max(1, Math.min(5, (zoom - 6) / 2)), shape: "square",
  }));
  const upwards = colours.map((_, index) => index);
  const layer = new PackedPoints([], styles, { pane: "points" });
  layer.follow = () => {
    if (state.theme !== "survey") return;
    layer.setPacks(surveyPacks(state.operator), state.operator === "all" ? [...upwards].reverse() : upwards);
  };
  return layer;
}

function zoneLayer(open) {
  return L.featureGroup(data.zones.map((zone) => L.polygon(zone.shape, { pane: "zones", className: "zone" })
    .bindTooltip(() => zoneTip(zone), { sticky: true, opacity: 1 })
    .on("click", (event) => { L.DomEvent.stop(event); open(zone); })));
}

function zoneTip(zone) {
  const way = wayWords(zone.obstacles);
  return node("div", { class: "tip" }, node("strong", {}, zone.name),
    node("span", {}, say("tip_unconnected", { value: show(zone.unconnected) })), way ? node("span", { class: "faint" }, way) : null);
}

// What stands in the way, in words: "no grid power · inside special-use forest".
function wayWords(codes) {
  return (codes ?? []).map((code) => say(`way_${code}`)).join(" · ");
}

function towerLayer(open) {
  return L.featureGroup(data.towers.map((tower) => {
    const icon = L.divIcon({ className: "tower", html: node("span", {}, String(tower.order)), iconSize: [26, 26] });
    const label = say("tower_title", { order: tower.order });
    return L.marker(tower.at, { icon, title: label, alt: label, riseOnHover: true }).on("click", () => open(tower));
  }));
}

function communeTip(commune, pointer) {
  const value = communeValue(commune);
  const lines = [node("strong", {}, commune.name)];
  if (isRaster(state.theme)) lines.push(node("span", {}, surfaceWords(pointer)));
  else if (value !== null) lines.push(node("span", {}, valueWords(commune, value)));
  if (isChoropleth(state.theme) && state.operator === "any" && commune.rank) lines.push(node("span", { class: "faint" }, rankWords(commune)));
  return node("div", { class: "tip" }, ...lines);
}

function surfaceWords(pointer) {
  const index = pointer ? pageMap.surfaceClass(pointer) : -1;
  return index < 0 ? say("unsurveyed") : say(`here_${state.theme}`, { value: className(data.classes[state.theme], index, classFormat()) });
}

function valueWords(commune, value) {
  if (commune.mostly_unsurveyed) return say("mostly_unsurveyed");
  if (state.theme === "share") return say("tip_share", { value: show(value, formats.share) });
  const range = state.operator === "any" ? showRange(commune.interval) : "";
  return say("tip_unconnected", { value: show(value) }) + (range ? ` (${range})` : "");
}

function rankWords(commune, key = "rank_words") {
  return say(key, { rank: show(commune.rank), range: showRange([commune.rank_low, commune.rank_high]) });
}

function placeTip(place, kind) {
  const words = say(stateOf(place, state.operator));
  return node("div", { class: "tip" }, node("strong", {}, place.name), node("span", {}, `${say(kind)} · ${words}`));
}
