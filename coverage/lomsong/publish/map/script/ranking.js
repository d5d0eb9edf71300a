// The tables of the panel: communes in their order, gap zones and towers in theirs.

const sorting = { key: "value", downwards: true };

const COLUMNS = [
  { key: "rank", text: "column_rank", downwards: false },
  { key: "name", text: "column_name", downwards: false },
  { key: "value", text: "column_value", downwards: true },
  { key: "share", text: "column_share", downwards: true },
];

// The rank that is published is that of any operator. Of another choice the communes are counted off, without interval.
function rankOf(commune) {
  if (state.operator === "any") return commune.rank ?? null;
  const value = magnitude(commune.gap?.[state.operator]);
  return value < 0 ? null : 1 + data.communes.filter((other) => magnitude(other.gap?.[state.operator]) > value).length;
}

function sortKey(commune) {
  if (sorting.key === "rank") return rankOf(commune) ?? Infinity;
  if (sorting.key === "share") return magnitude(commune.share?.[state.operator]);
  return magnitude(commune.gap?.[state.operator]);
}

function sortedCommunes() {
  const byName = (one, other) => one.name.localeCompare(other.name, data.language);
  const order = sorting.downwards ? -1 : 1;
  return [...data.communes].sort((one, other) => {
    if (sorting.key === "name") return order * byName(one, other);
    return order * (sortKey(one) - sortKey(other)) || byName(one, other);
  });
}

function drawHead(redraw) {
  const cells = COLUMNS.map((column) => {
    const sorted = sorting.key === column.key;
    const direction = sorted ? (sorting.downwards ? "descending" : "ascending") : "none";
    return node("th", { scope: "col", class: column.key, "aria-sort": direction },
      node("button", { type: "button", onclick: () => sortBy(column, redraw) }, say(column.text)));
  });
  document.querySelector("#communes thead tr").replaceChildren(...cells);
}

function sortBy(column, redraw) {
  sorting.downwards = sorting.key === column.key ? !sorting.downwards : column.downwards;
  sorting.key = column.key;
  redraw();
  document.querySelector(`#communes th.${column.key} button`).focus();
}

function drawRanking(open) {
  drawHead(() => drawRanking(open));
  const widest = Math.max(1, ...data.communes.map((commune) =>
    Math.max(magnitude(commune.gap?.[state.operator]), state.operator === "any" ? commune.interval?.[1] ?? 0 : 0)));
  const wanted = fold(document.getElementById("filter").value);
  const found = sortedCommunes().filter((commune) => matches(commune, wanted));
  document.querySelector("#communes tbody").replaceChildren(...found.map((commune) => communeRow(commune, widest, open)));
  document.getElementById("matches").textContent = wanted
    ? say("matches", { found: show(found.length), all: show(data.communes.length) }) : "";
}

function matches(commune, wanted) {
  return fold(`${commune.name} ${commune.parent_name ?? ""} ${commune.commune_code}`).includes(wanted);
}

function communeRow(commune, widest, open) {
  const chosen = commune.commune_code === state.commune;
  const published = state.operator === "any" && commune.rank;
  return node("tr", { class: chosen ? "chosen" : null, "data-code": commune.commune_code, onclick: () => open(commune.commune_code) },
    node("td", { class: "rank", title: published ? rankWords(commune) : null }, show(rankOf(commune)),
      published ? node("small", {}, showRange([commune.rank_low, commune.rank_high])) : null),
    node("th", { scope: "row", class: "name" }, node("button", { type: "button", "aria-pressed": String(chosen) }, commune.name),
      commune.parent_name ? node("small", {}, commune.parent_name) : null,
      commune.in_the_way?.length ? node("small", { class: "way" }, wayWords(commune.in_the_way.slice(0, 3))) : null),
    node("td", { class: "value" }, valueCell(commune, widest)),
    node("td", { class: "share" }, show(commune.share?.[state.operator], formats.share)));
}

function valueCell(commune, widest) {
  const value = commune.gap?.[state.operator];
  const range = state.operator === "any" ? commune.interval : null;
  const bar = node("span", { class: commune.mostly_unsurveyed ? "bar doubtful" : "bar", "aria-hidden": "true" });
  bar.style.setProperty("--mean", Math.max(0, magnitude(value)) / widest);
  if (range && range[0] !== null) {
    const whisker = node("i", {});
    whisker.style.setProperty("--low", range[0] / widest);
    whisker.style.setProperty("--high", range[1] / widest);
    bar.append(whisker);
  }
  return node("span", { class: "amount" }, node("span", { class: "figure" }, show(value), node("small", {}, showRange(range))), bar);
}

function drawZones(open) {
  const titles = ["zone", "column_unconnected", "fact_way"];
  document.querySelector("#zones thead tr").replaceChildren(...titles.map((title) => node("th", { scope: "col" }, say(title))));
  document.querySelector("#zones tbody").replaceChildren(...data.zones.map((zone) =>
    node("tr", { onclick: () => open(zone) },
      node("th", { scope: "row", class: "name" }, node("button", { type: "button" }, zone.name)),
      node("td", {}, show(zone.unconnected), node("small", {}, showRange(zone.interval))),
      node("td", { class: "obstacles" }, wayWords(zone.obstacles)))));
  document.getElementById("zones-summary").textContent = data.zones.length === 0 ? "" : say("zones_summary", {
    count: show(data.zones.length), learners: show(data.totals.in_zones), level: formats.level.format(data.usable_dbm) });
}

function drawTowers(open) {
  const titles = ["column_order", "column_gained", "column_cumulative", "column_obstacles"];
  document.querySelector("#towers thead tr").replaceChildren(...titles.map((title) => node("th", { scope: "col" }, say(title))));
  document.querySelector("#towers tbody").replaceChildren(...data.towers.map((tower) =>
    node("tr", { onclick: () => open(tower) },
      node("th", { scope: "row" }, node("button", { type: "button", "aria-label": say("tower_title", { order: tower.order }) }, String(tower.order))),
      node("td", {}, show(tower.learners_gained)), node("td", {}, show(tower.cumulative)),
      node("td", { class: "obstacles" }, obstacles(tower)))));
  document.getElementById("plan-summary").textContent = planWords();
}

function obstacles(tower) {
  const parts = [];
  if (tower.forest_class && tower.forest_class !== "none") parts.push(say(`forest_${tower.forest_class}`));
  if (tower.grid_km !== null) parts.push(say("grid_away", { km: show(tower.grid_km, formats.tenth) }));
  return parts.join(" · ");
}

function planWords() {
  const { objective, bound, gap, status } = data.plan;
  if (objective === undefined || objective === null) return "";
  const reached = say("plan_reached", { count: show(data.towers.length), learners: show(objective) });
  if (status === "optimal") return `${reached} ${say("plan_optimal")}`;
  return bound ? `${reached} ${say("plan_bound", { bound: show(bound), gap: show(gap, formats.share) })}` : reached;
}
