// The ground that stays the same under every theme: borders, names, water, roads, forest, power lines, sites, places.

const PANES = {
  online: 300, hatch: 310, surface: 320, claims: 325, communes: 330, water: 335, lines: 340, zones: 345, points: 350,
  reach: 355, places: 360, names: 590,
};
const PLACES_FROM_ZOOM = 11;

function makePanes(map) {
  for (const [name, order] of Object.entries(PANES)) {
    const pane = map.createPane(name);
    pane.style.zIndex = order;
    if (!["communes", "zones"].includes(name)) pane.style.pointerEvents = "none";
  }
}

function baseLayers() {
  const line = (shapes, kind) => shapes.length > 0
    ? L.polyline(shapes, { pane: "lines", className: `base-${kind}`, interactive: false, smoothFactor: 1.5 }) : null;
  const area = (shapes, kind, pane) => shapes.length > 0
    ? L.polygon(shapes, { pane, className: `base-${kind}`, interactive: false, smoothFactor: 1.5 }) : null;
  return {
    online: onlineLayer(),
    districts: line(data.base.districts, "districts"),
    roads: line(data.base.roads, "roads"),
    power_lines: line(data.base.power_lines, "power"),
    water: area(data.base.water, "water", "water"),
    forest: area(data.base.forest, "forest", "lines"),
    sites: siteLayer(),
    dots: dotLayer(),
    hamlets: placeLayer("hamlet"),
    schools: placeLayer("school"),
  };
}

function siteLayer() {
  if (!data.sites) return null;
  const outlines = ["triangle", "square", "diamond", "circle"];
  const styles = data.operators.map((operator, index) => (zoom) => ({
    colour: `${operator.colour}b0`, // what stands already stays behind what is proposed
    radius: Math.max(1.4, Math.min(4, zoom - 8.5)),
    shape: outlines[index % outlines.length],
  }));
  const layer = new PackedPoints([data.sites], styles, { pane: "points" });
  layer.follow = ({ operator }) => {
    const index = data.operators.findIndex(({ id }) => id === operator);
    layer.setPacks([data.sites], index < 0 ? styles.map((_, each) => each) : [index]);
  };
  return layer;
}

function dotLayer() {
  if (!data.dots || data.dots.at === "") return null;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const styles = [1.3, 1.9, 2.6].map((size) => (zoom) => ({
    colour: data.colours.dot, halo: zoom > 10 || dark.matches ? "#ffffff" : null, shape: "circle",
    radius: size * Math.max(0.5, Math.min(2.2, (zoom - 8) / 2)),
  }));
  return new PackedPoints([data.dots], styles, { pane: "points" });
}

// The state for one operator where it is known, else the state over all operators.
function stateOf(place, operator) {
  return place[`state_${operator}`] ?? place.state ?? "unsurveyed";
}

function nameLayer() {
  const names = [...data.communes].sort((one, other) => (one.rank ?? Infinity) - (other.rank ?? Infinity));
  return new NameLayer(names, { pane: "names" });
}
