// The table of communes: sorted, filtered, each with its bar and its interval.

const sorting = { key: "value", downwards: true };

const COLUMNS = [
  { key: "rank", text: "column_rank", downwards: false },
  { key: "name", text: "column_name", downwards: false },
  { key: "value", text: "column_value", downwards: true },
  { key: "share", text: "column_share", downwards: true },
];

// The rank that is published is that of any operator outdoors. Of another choice the communes are counted off, without interval.
function rankOf(commune) {
  if (isPublishedRank()) return commune.rank ?? null;
  const value = magnitude(figures(commune).gap?.[state.operator]);
  return value < 0 ? null : 1 + data.communes.filter((other) => magnitude(figures(other).gap?.[state.operator]) > value).length;
}

function isPublishedRank() {
  return state.operator === "any" && !countsIndoors();
}

function sortKey(commune) {
  if (sorting.key === "rank") return rankOf(commune) ?? Infinity;
  if (sorting.key === "share") return magnitude(figures(commune).share?.[state.operator]);
  return magnitude(figures(commune).gap?.[state.operator]);
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

let drawn = "";

// Rows are made anew only when something they show has changed: most themes leave them as they are.
function drawRanking(open) {
  const wanted = fold(document.getElementById("filter").value);
  const asked = [state.operator, countsIndoors(), sorting.key, sorting.downwards, wanted].join(" ");
  if (asked !== drawn) fillRanking(open, wanted);
  else document.querySelectorAll("#communes tbody tr").forEach((row) => chooseRow(row, row.dataset.code === state.commune));
  drawn = asked;
}

function chooseRow(row, chosen) {
  row.classList.toggle("chosen", chosen);
  row.querySelector("button").setAttribute("aria-pressed", String(chosen));
}

function fillRanking(open, wanted) {
  drawHead(() => drawRanking(open));
  const widest = Math.max(1, ...data.communes.map((commune) =>
    Math.max(magnitude(figures(commune).gap?.[state.operator]), state.operator === "any" ? figures(commune).interval?.[1] ?? 0 : 0)));
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
  const published = isPublishedRank() && commune.rank;
  return node("tr", { class: chosen ? "chosen" : null, "data-code": commune.commune_code, onclick: () => open(commune.commune_code) },
    node("td", { class: "rank", title: published ? rankWords(commune) : null }, show(rankOf(commune)),
      published ? node("small", {}, showRange([commune.rank_low, commune.rank_high])) : null),
    node("th", { scope: "row", class: "name" }, node("button", { type: "button", "aria-pressed": String(chosen) }, commune.name),
      commune.parent_name ? node("small", {}, commune.parent_name) : null,
      commune.in_the_way?.length ? node("small", { class: "way" }, wayWords(commune.in_the_way.slice(0, 3))) : null),
    node("td", { class: "value" }, valueCell(commune, widest)),
    node("td", { class: "share" }, show(figures(commune).share?.[state.operator], formats.share)));
}

function valueCell(commune, widest) {
  const value = figures(commune).gap?.[state.operator];
  const range = state.operator === "any" ? figures(commune).interval : null;
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
