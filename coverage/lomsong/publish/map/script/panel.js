// The panel: what is chosen, and the one number that sums it up.

function drawChoices(change) {
  fillChoices("themes", "theme", availableThemes(), (theme) => say(`theme_${theme}`), change);
  const operators = ["any", "all", ...data.operators.map(({ id }) => id)];
  fillChoices("operators", "operator", operators, operatorName, change);
}

function fillChoices(fieldset, name, values, words, change) {
  const choices = values.map((value) => {
    const input = node("input", { type: "radio", name, value, onchange: () => change({ [name]: value }) });
    return node("label", { class: "choice" }, input, node("span", {}, words(value)));
  });
  document.getElementById(fieldset).append(node("div", { class: "choices" }, ...choices));
}

function markChoices() {
  const open = availableOperators(state.theme);
  for (const input of document.querySelectorAll("#operators input")) {
    input.disabled = !open.includes(input.value);
    input.checked = input.value === state.operator;
  }
  for (const input of document.querySelectorAll("#themes input")) input.checked = input.value === state.theme;
}

// The threshold and where it is looked at: sliders and switches of the surfaces and, for the place, of the counts.
function drawThreshold(change) {
  const slider = document.getElementById("threshold");
  [slider.min, slider.max] = data.signal?.threshold ?? [data.usable_dbm, data.usable_dbm];
  slider.addEventListener("input", () => change({ dbm: Number(slider.value) }));
  document.getElementById("threshold-reset").addEventListener("click", () => change({ dbm: data.usable_dbm }));
  housedThreshold();
  const places = [false, true].map((indoor) => {
    const input = node("input", { type: "radio", name: "place", value: indoor ? "indoor" : "outdoor", onchange: () => change({ indoor }) });
    return node("label", { class: "choice" }, input, node("span", {}, say(indoor ? "where_indoor" : "where_outdoor")));
  });
  document.getElementById("place").append(node("div", { class: "choices" }, ...places));
}

// On a narrow screen the panel covers the map: there the threshold stands with the legend, where its work is seen.
function housedThreshold() {
  const narrow = window.matchMedia("(max-width: 720px)");
  const row = document.getElementById("threshold-row");
  const house = () => (narrow.matches ? document.getElementById("legend").append(row) : document.getElementById("ground").before(row));
  narrow.addEventListener("change", house);
  house();
}

function markThreshold() {
  const indoors = canBeIndoors(state.theme);
  document.getElementById("place").hidden = !indoors;
  document.getElementById("threshold-row").hidden = !isRaster(state.theme);
  document.getElementById("signal").hidden = !indoors && !isRaster(state.theme);
  for (const input of document.querySelectorAll("#place input")) input.checked = (input.value === "indoor") === state.indoor;
  const slider = document.getElementById("threshold");
  slider.value = state.dbm;
  const level = `${formats.level.format(state.dbm)}\u00a0dBm`;
  slider.setAttribute("aria-valuetext", level);
  slider.style.setProperty("--done", (state.dbm - slider.min) / (slider.max - slider.min));
  document.getElementById("threshold-value").textContent = level;
  document.getElementById("threshold-reset").hidden = state.dbm === data.usable_dbm;
  if (isRaster(state.theme) && !field.codes) tellShare(null);
}

// What the surface comes to: the share of the surveyed ground that reaches the threshold.
function tellShare(share) {
  const words = share === null ? "" : say(`share_of_ground_${state.theme}`, { share: show(share, formats.share) });
  document.getElementById("ground").textContent = words;
}

function drawSummary() {
  const { learners, unconnected, indoor } = data.totals;
  const inside = countsIndoors();
  const count = (inside ? indoor : unconnected)[state.operator] ?? unconnected.any;
  const total = document.getElementById("total");
  total.replaceChildren(node("strong", {}, `≈ ${show(count)}`),
    node("span", {}, say("total_of", { learners: show(learners), share: learners ? show(count / learners, formats.share) : "–" })));
  const meaning = say(`meaning_${data.operators.some(({ id }) => id === state.operator) ? "one" : state.operator}`,
    { operator: operatorName(state.operator), level: formats.level.format(data.usable_dbm) });
  document.body.dataset.theme = state.theme;
  document.getElementById("connected").hidden = state.theme !== "towers";
  document.getElementById("meaning").textContent = inside ? `${meaning} ${say("meaning_indoor")}` : meaning;
}

// On a narrow screen the panel is a sheet over the map: closed it shows the title and the number, at whatever height
// these need.
function foldSheet() {
  const head = [document.querySelector("#panel .heading"), document.querySelector("#panel .summary")];
  const measure = () => {
    const height = head.reduce((sum, part) => sum + part.getBoundingClientRect().height, 0);
    document.body.style.setProperty("--peek", `${Math.ceil(height) + 1}px`); // and the border of the sheet
  };
  const watch = new ResizeObserver(measure);
  head.forEach((part) => watch.observe(part));
  const panel = document.getElementById("panel");
  const button = document.getElementById("sheet");
  const set = (open) => {
    panel.classList.toggle("open", open);
    button.setAttribute("aria-expanded", String(open));
    button.querySelector(".sheet-label").textContent = say(open ? "sheet_close" : "sheet_open");
  };
  button.addEventListener("click", () => set(!panel.classList.contains("open")));
  set(false);
  return { close: () => set(false), measure };
}
