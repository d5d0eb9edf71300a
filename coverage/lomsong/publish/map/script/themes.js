// What changes with the theme: the fill of the communes, the measurements, the gap zones, and what a pointer is told.

function communeValue(commune) {
  const { share, gap } = figures(commune);
  return (state.theme === "share" ? share : gap)?.[state.operator] ?? null;
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
  if (isRaster(state.theme) || state.theme === "claims") return "clear";
  if (!isChoropleth(state.theme)) return "plain";
  if (commune.mostly_unsurveyed) return "hatched";
  return communeValue(commune) === null ? "plain" : "valued";
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
      if (isRaster(state.theme) || state.theme === "claims" || pageMap.showsPlaces()) shape.getTooltip().update();
    });
    shape.on("click", ({ latlng }) => open(commune.commune_code, latlng));
    shape.on("mouseover mouseout", ({ type }) => shape.getElement().classList.toggle("hovered", type === "mouseover"));
    shapes.set(commune.commune_code, shape);
    layer.addLayer(shape);
  }
  layer.shapeOf = (code) => shapes.get(code);
  layer.follow = () => data.communes.forEach((commune) => {
    const element = shapes.get(commune.commune_code).getElement();
    const [kind, fill] = [communeKind(commune), communeFill(commune)];
    if (element.dataset.kind !== kind) element.dataset.kind = kind;
    if (element.style.getPropertyValue("--fill") !== fill) element.style.setProperty("--fill", fill);
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
  return (codes ?? []).map((code) => say(`way_${code}`)).join("\u00a0· ");
}

function communeTip(commune, pointer) {
  const found = pointer ? pageMap.placeAt(pointer) : null;
  if (found) return placeTip(found[1], found[0]);
  const value = communeValue(commune);
  const lines = [node("strong", {}, commune.name)];
  if (isRaster(state.theme) && pointer) lines.push(node("span", {}, surfaceWords(pageMap.codeAt(pointer))));
  else if (state.theme === "claims") lines.push(node("span", {}, testWords(pointer)));
  else if (value !== null) lines.push(node("span", {}, valueWords(commune, value)));
  if (isChoropleth(state.theme) && isPublishedRank() && commune.rank) lines.push(node("span", { class: "faint" }, rankWords(commune)));
  return node("div", { class: "tip" }, ...lines);
}

function testWords(pointer) {
  const row = pointer ? claimAt(pointer) : null;
  return row ? claimWords(row) : say("claim_untested");
}

function valueWords(commune, value) {
  if (commune.mostly_unsurveyed) return say("mostly_unsurveyed");
  if (state.theme === "share") return say("tip_share", { value: show(value, formats.share) });
  const range = state.operator === "any" ? showRange(figures(commune).interval) : "";
  return say("tip_unconnected", { value: show(value) }) + (range ? ` (${range})` : "");
}

function rankWords(commune, key = "rank_words") {
  return say(key, { rank: show(commune.rank), range: showRange([commune.rank_low, commune.rank_high]) });
}

function placeTip(place, kind) {
  const words = say(stateOf(place, state.operator));
  return node("div", { class: "tip" }, node("strong", {}, place.name), node("span", {}, `${say(kind)} · ${words}`));
}
