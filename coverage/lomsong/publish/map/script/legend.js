// The legend: always of the theme that is shown, drawn from the same classes.

const KIND_OF_THEME = {
  unconnected: "modelled", share: "modelled", zones: "modelled", level: "modelled", probability: "modelled",
  survey: "measured", claims: "tested", towers: "proposed",
};
const SYMBOLS = {
  dots: ["dot", "dot"], schools: ["school", "square"], hamlets: ["hamlet", "circle"], sites: ["sites", "triangle"],
  districts: ["districts", "district"], forest: ["forest", "forest"], water: ["water", "water"], roads: ["roads", "road"],
  power_lines: ["power_lines", "power"], online: ["online", "online"],
};

function classFormat() {
  if (state.theme === "share" || state.theme === "probability") return formats.percent;
  return state.theme === "unconnected" ? formats.whole : formats.level;
}

function className(classes, index, format) {
  const [low, high] = [classes.breaks[index - 1], classes.breaks[index]];
  if (low === undefined) return say("under", { value: format.format(high) });
  if (high === undefined) return say("from", { value: format.format(low) });
  return say("between", { low: format.format(low), high: format.format(high) });
}

function drawLegend(overlays) {
  const legend = document.getElementById("legend-body");
  const wasOpen = legend.querySelector("details")?.open ?? false;
  const classes = classesOf(state.theme);
  legend.replaceChildren(
    node("h2", { "data-theme": state.theme }, legendTitle()),
    node("p", { class: "legend-scope" }, node("span", { class: `kind ${KIND_OF_THEME[state.theme]}` }, say(KIND_OF_THEME[state.theme])), ` ${legendScope()}`),
    classes ? ramp(classes) : "",
    node("ul", { class: "keys" }, ...extraKeys(overlays).map(([mark, label]) => node("li", {}, mark, label))),
    node("details", wasOpen ? { open: "" } : {}, node("summary", {}, say("symbols")), symbolList(overlays)),
  );
}

function legendTitle() {
  return say(`legend_${state.theme}`, { level: formats.level.format(state.dbm) });
}

function legendScope() {
  if (isList(state.theme)) return "";
  const where = state.indoor ? [say("where_indoor").toLowerCase()] : [];
  return [say("for_operator", { operator: operatorName(state.operator) }), ...where].join(" · ");
}

function ramp(classes) {
  const format = classFormat();
  const usable = state.theme === "level" ? state.dbm : state.theme === "survey" ? data.usable_dbm : null;
  const steps = classes.colours.map((colour, index) => {
    const label = className(classes, index, format);
    const step = node("li", { title: label }, node("span", { class: "unseen" }, label));
    step.style.background = stepColours(classes, index, colour);
    return step;
  });
  const ticks = classes.breaks.map((limit, index) => {
    const tick = node("span", { class: limit === usable ? "tick usable" : "tick" }, format.format(limit));
    tick.style.left = `${(100 * (index + 1)) / classes.colours.length}%`;
    return tick;
  });
  return node("div", { class: "ramp" }, node("ol", {}, ...steps), node("div", { class: "ticks", "aria-hidden": "true" }, ...ticks));
}

// A class that stays where it is turns grey below the threshold, where the threshold parts it in the right share.
function stepColours(classes, index, colour) {
  if (state.theme !== "level" || data.signal.steps_db) return colour;
  const [low, high] = [classes.breaks[index - 1] ?? -Infinity, classes.breaks[index] ?? Infinity];
  if (state.dbm <= low) return colour;
  if (state.dbm >= high) return data.signal.unusable;
  const part = Number.isFinite(high - low) ? (100 * (state.dbm - low)) / (high - low) : 50;
  return `linear-gradient(90deg, ${data.signal.unusable} ${part}%, ${colour} ${part}%)`;
}

function extraKeys(overlays) {
  const hatch = [swatch("transparent", "hatch"), say(isChoropleth(state.theme) ? "mostly_unsurveyed" : "unsurveyed_place")];
  const level = formats.level.format(state.theme === "level" ? state.dbm : data.usable_dbm);
  const threshold = [node("span", { class: "swatch threshold", "aria-hidden": "true" }), say("usable_from", { level })];
  const dots = overlays.offers("dots") && overlays.wants("dots") ? [[swatch(data.colours.dot, "dot"), dotWords()]] : [];
  const untold = data.communes.some((commune) => communeKind(commune) === "plain") ? [[swatch("var(--land)"), say("untold")]] : [];
  if (isChoropleth(state.theme)) return [...dots, hatch, ...untold];
  if (state.theme === "level") {
    return [hatch, data.signal.steps_db ? threshold : [swatch(data.signal.unusable), say("unusable_under", { level })]];
  }
  if (state.theme === "probability") return [hatch];
  if (state.theme === "survey") return [[swatch(data.colours.no_service), say("no_service")], threshold];
  if (state.theme === "claims") return claimKeys();
  if (state.theme === "zones") return [[swatch("", "zone-key"), say("zone_key")], ...dots];
  const reached = data.reach ? [[swatch(data.colours.reached, "diamond reached"), say("reached_key")]] : [];
  return [[swatch("", "tower-key"), say("tower_key")], ...reached, ...dots];
}

function claimKeys() {
  const counts = claimCounts();
  const keys = data.claims.states.map((name, index) =>
    [swatch(data.colours.claims[name], `hexagon ${name}`), `${say(`claim_${name}`)} (${show(counts[index])})`]);
  return [...keys, [swatch("transparent", "hatch"), say("claim_untested")]];
}

// Symbols that stand over every theme, each with the box that hides it.
function symbolList(overlays) {
  const items = Object.keys(SYMBOLS).filter((name) => overlays.offers(name)).map((name) => {
    const [text, shape] = SYMBOLS[name];
    const box = node("input", { type: "checkbox", name: `show-${name}`, onchange: (event) => overlays.set(name, event.target.checked) });
    box.checked = overlays.wants(name);
    return node("li", {}, node("label", {}, box, swatch(shape === "dot" ? data.colours.dot : "", shape), symbolWords(name, text)));
  });
  return node("div", {}, node("ul", { class: "symbols" }, ...items), siteKeys(), stateKeys());
}

function symbolWords(name, text) {
  if (name === "dots") return dotWords();
  return name === "online" && data.base.credit ? `${say(text)} – ${data.base.credit}` : say(text);
}

function dotWords() {
  return say("dot", { count: show(data.dots.from) });
}

function siteKeys() {
  if (!data.sites) return "";
  const outlines = ["triangle", "square-fill", "diamond", "disc"];
  return node("ul", { class: "keys states" }, ...data.operators.map((operator, index) =>
    node("li", {}, swatch(operator.colour, outlines[index % outlines.length]), operator.name)));
}

function stateKeys() {
  return node("ul", { class: "keys states" }, ...Object.entries(data.colours.states).map(([name, colour]) =>
    node("li", {}, swatch(colour, `state ${name}`), say(name))));
}
