// What is being looked at. It stands in the address after "#", so that a view can be sent.

const state = {
  theme: "unconnected", operator: "any",
  wanted: "any", // the operator last asked for: a theme that does not know it shows another in the meantime
  commune: null, indoor: false, dbm: data.usable_dbm,
  off: new Set(), // towers that do not stand, by their order
  swipe: null, // where the line between before and after stands, 0…1
  shown: {}, // symbols that somebody asked for or put away
};

const isChoropleth = (theme) => theme === "unconnected" || theme === "share";
// Themes of which the panel lists something else than communes.
const isList = (theme) => theme === "towers" || theme === "zones";
const isRaster = (theme) => theme === "level" || theme === "probability";

function availableThemes() {
  return ["unconnected", "share", "zones", "level", "probability", "survey", "claims", "towers"].filter(
    (theme) => availableOperators(theme).length > 0,
  );
}

function availableOperators(theme) {
  const all = ["any", "all", ...data.operators.map((operator) => operator.id)];
  if (isChoropleth(theme)) return all.filter((operator) => operator in data.totals.unconnected);
  if (isRaster(theme)) return surfaceOperators(all);
  if (theme === "survey") return all.filter((operator) => surveyPacks(operator).length > 0);
  if (theme === "claims") return all.filter((operator) => operator in (data.claims?.hexagons ?? {}));
  return data[theme].length > 0 ? [subjectOf(theme)] : [];
}

// Whose gap a list is of: zones are of any operator, towers of the one for whom they were planned.
function subjectOf(theme) {
  return (theme === "towers" && data.plan.operator) || "any";
}

function surfaceOperators(all) {
  const readable = data.signal && "DecompressionStream" in window;
  return readable ? all.filter((operator) => ["any", "all"].includes(operator) || data.signal.operators.includes(operator)) : [];
}

function surveyPacks(operator) {
  return Object.entries(data.survey).filter(([id]) => operator === "any" || operator === "all" || operator === id)
    .map(([, pack]) => pack);
}

function canBeIndoors(theme) {
  if (isRaster(theme)) return data.signal.indoor_loss_db > 0;
  return isChoropleth(theme) && state.operator in data.totals.indoor;
}

// Whether learners are counted inside their homes: asked for, and known for the operator.
function countsIndoors() {
  return state.indoor && state.operator in data.totals.indoor;
}

// The gap of a commune where the page looks.
function figures(commune) {
  return countsIndoors() ? commune.indoor ?? {} : commune;
}

// Take over what fits and leave the rest: an address may come from another edition of the map.
function choose({ theme = state.theme, operator = state.wanted, commune = state.commune, indoor = state.indoor, dbm = state.dbm }) {
  const themes = availableThemes();
  state.theme = themes.includes(theme) ? theme : themes.includes(state.theme) ? state.theme : themes[0];
  const operators = availableOperators(state.theme);
  state.wanted = themes.some((each) => availableOperators(each).includes(operator)) ? operator : "any";
  state.operator = operators.includes(state.wanted) ? state.wanted : operators[0];
  state.commune = communeOf(commune) ? commune : null;
  state.indoor = indoor && canBeIndoors(state.theme);
  const [lowest, highest] = data.signal?.threshold ?? [data.usable_dbm, data.usable_dbm];
  state.dbm = Number.isFinite(dbm) ? Math.max(lowest, Math.min(highest, dbm)) : data.usable_dbm;
}

function communeOf(code) {
  return data.communes.find((commune) => commune.commune_code === code);
}

function writeAddress(map) {
  if (window.location.protocol === "about:") return; // inside a notebook the page has no address of its own
  const { lat, lng } = map.getCenter();
  const shown = Object.entries(state.shown).map(([name, wanted]) => (wanted ? name : `-${name}`));
  const parts = [
    ["theme", state.theme], ["operator", encodeURIComponent(state.wanted)],
    ["view", `${Number(map.getZoom().toFixed(2))}/${lat.toFixed(5)}/${lng.toFixed(5)}`],
    ["dbm", state.dbm === data.usable_dbm ? "" : state.dbm], ["indoor", state.indoor ? 1 : ""],
    ["off", [...state.off].join(".")], ["swipe", state.swipe === null ? "" : Math.round(100 * state.swipe)],
    ["show", shown.join(".")], ["commune", encodeURIComponent(state.commune ?? "")],
  ];
  window.history.replaceState(null, "", `#${parts.filter(([, value]) => value !== "").map(([name, value]) => `${name}=${value}`).join("&")}`);
}

// Every part of an address is asked for by name; what it does not tell is as it was at first.
function readAddress() {
  const given = new URLSearchParams(window.location.hash.slice(1));
  const view = (given.get("view") ?? "").split("/").map(Number);
  const words = (name) => (given.get(name) ?? "").split(".").filter(Boolean);
  const orders = new Set(data.towers.map(({ order }) => order));
  const swipe = given.has("swipe") ? Number(given.get("swipe")) / 100 : NaN;
  state.off = new Set(words("off").map(Number).filter((order) => orders.has(order)));
  state.swipe = swipe >= 0 && swipe <= 1 ? swipe : null;
  state.shown = Object.fromEntries(words("show").map((word) => [word.replace("-", ""), !word.startsWith("-")]));
  return {
    theme: given.get("theme") ?? undefined,
    operator: given.get("operator") ?? undefined,
    commune: given.get("commune"),
    indoor: given.get("indoor") === "1",
    dbm: given.has("dbm") ? Number(given.get("dbm")) : data.usable_dbm,
    view: view.length === 3 && view.every(Number.isFinite) ? view : null,
  };
}
