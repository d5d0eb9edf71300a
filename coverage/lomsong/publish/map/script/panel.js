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

function drawSummary() {
  const { learners, unconnected } = data.totals;
  const count = unconnected[state.operator] ?? unconnected.any;
  const total = document.getElementById("total");
  total.replaceChildren(node("strong", {}, `≈ ${show(count)}`),
    node("span", {}, say("total_of", { learners: show(learners), share: learners ? show(count / learners, formats.share) : "–" })));
  document.getElementById("meaning").textContent = say(`meaning_${data.operators.some(({ id }) => id === state.operator) ? "one" : state.operator}`,
    { operator: operatorName(state.operator), level: formats.level.format(data.usable_dbm) });
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
