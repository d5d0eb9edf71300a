// What the page was given, and how it is put into words and nodes.

const data = JSON.parse(document.getElementById("data").textContent);
const locale = data.language === "vi" ? "vi-VN" : "en-GB";
const formats = {
  whole: new Intl.NumberFormat(locale, { maximumFractionDigits: 0 }),
  tenth: new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }),
  share: new Intl.NumberFormat(locale, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 }),
  level: { format: (dbm) => formats.whole.format(dbm).replace("-", "−") },
  percent: new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 }),
};

function say(key, values = {}) {
  return (data.texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// A number for people; "–" where there is none, "<5" where it is too small to be published.
function show(value, format = formats.whole) {
  if (value === null || value === undefined) return "–";
  return isHidden(value) ? `<${format.format(value.below)}` : format.format(value);
}

function showRange(range, format = formats.whole) {
  return range && range[0] !== null ? `${show(range[0], format)}–${show(range[1], format)}` : "";
}

function isHidden(value) {
  return value !== null && typeof value === "object";
}

// A number for sorting and colouring; a hidden one counts as just above nothing.
function magnitude(value) {
  return isHidden(value) ? value.below / 1000 : value ?? -1;
}

function classOf(value, classes) {
  return classes.breaks.filter((limit) => value >= limit).length;
}

// Lower case without diacritics, as lomsong.geo.fold_text: "ma da" finds Mã Đà.
function fold(text) {
  return text.toLowerCase().replaceAll("đ", "d").normalize("NFD").replace(/\p{M}/gu, "")
    .replace(/[^\p{L}\p{N}]+/gu, " ").trim();
}

// Build an element. Texts become text nodes, so no name can turn into markup.
function node(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function swatch(colour, shape = "box") {
  const mark = node("span", { class: `swatch ${shape}`, "aria-hidden": "true" });
  mark.style.setProperty("--colour", colour);
  return mark;
}

function operatorOf(id) {
  return data.operators.find((operator) => operator.id === id);
}

function operatorName(id) {
  return operatorOf(id)?.name ?? say(`operator_${id}`);
}
