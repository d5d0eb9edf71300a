// What is being looked at. It stands in the address after "#", so that a view can be sent.

const state = { theme: "unconnected", operator: "any", commune: null };

const isChoropleth = (theme) => theme === "unconnected" || theme === "share";
// Themes of which the panel lists something else than communes.
const isList = (theme) => theme === "towers" || theme === "zones";
const isRaster = (theme) => theme === "level" || theme === "probability";

function availableThemes() {
  return ["unconnected", "share", "zones", "level", "probability", "survey", "towers"].filter(
    (theme) => availableOperators(theme).length > 0,
  );
}

function availableOperators(theme) {
  const all = ["any", "all", ...data.operators.map((operator) => operator.id)];
  if (isChoropleth(theme)) return all.filter((operator) => operator in data.totals.unconnected);
  if (isRaster(theme)) return all.filter((operator) => operator in data[theme]);
  if (theme === "survey") return all.filter((operator) => surveyPacks(operator).length > 0);
  return data[theme].length > 0 ? all : [];
}

function surveyPacks(operator) {
  return Object.entries(data.survey).filter(([id]) => operator === "any" || operator === "all" || operator === id)
    .map(([, pack]) => pack);
}

// Take over what fits and leave the rest: an address may come from another edition of the map.
function choose({ theme = state.theme, operator = state.operator, commune = state.commune }) {
  const themes = availableThemes();
  state.theme = themes.includes(theme) ? theme : themes.includes(state.theme) ? state.theme : themes[0];
  const operators = availableOperators(state.theme);
  state.operator = operators.includes(operator) ? operator : operators[0];
  state.commune = communeOf(commune) ? commune : null;
}

function communeOf(code) {
  return data.communes.find((commune) => commune.commune_code === code);
}

function writeAddress(map) {
  if (window.location.protocol === "about:") return; // inside a notebook the page has no address of its own
  const { lat, lng } = map.getCenter();
  const parts = [`theme=${state.theme}`, `operator=${encodeURIComponent(state.operator)}`,
    `view=${map.getZoom()}/${lat.toFixed(4)}/${lng.toFixed(4)}`];
  if (state.commune) parts.push(`commune=${encodeURIComponent(state.commune)}`);
  window.history.replaceState(null, "", `#${parts.join("&")}`);
}

function readAddress() {
  const given = new URLSearchParams(window.location.hash.slice(1));
  const view = (given.get("view") ?? "").split("/").map(Number);
  return {
    theme: given.get("theme") ?? undefined,
    operator: given.get("operator") ?? undefined,
    commune: given.get("commune"),
    view: view.length === 3 && view.every(Number.isFinite) ? view : null,
  };
}
