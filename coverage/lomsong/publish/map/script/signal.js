// Level and probability of every place, at any threshold, from the codes of the operators' pictures.
//
// A level of code c lies within 1 dB above lowest_dbm + c - 1; its middle stands for it in probabilities:
// Φ((level - threshold) / deviation). For any or all operators the scores, in steps of a tenth, are looked up in a
// table of the joint probability, as lomsong.gap.service.joint_probability works it out. Without evidence the code is 0.

const field = { codes: null, loading: null, tables: {}, index: null };
const NOTHING = 255; // in place of a probability in half per cent
const MOST_ENTRIES = 600000; // of the table of joint probabilities
const MOST_SCORES = 82;
const FARTHEST_SCORE = 4;

// Read all pictures once, one at a time so that the page stays at hand; the promise is kept when they are read.
function loadField() {
  field.loading ??= (async () => {
    const codes = { level: [], deviation: [] };
    for (const kind of ["level", "deviation"]) {
      for (const operator of data.signal.operators) {
        const picture = await readPicture(data.signal[kind][operator]);
        [codes.width, codes.height] = [picture.width, picture.height];
        codes[kind].push(picture.codes);
        await new Promise((resolve) => setTimeout(resolve));
      }
    }
    field.codes = codes;
  })();
  return field.loading;
}

function scoreCount() {
  return Math.min(MOST_SCORES, Math.floor(MOST_ENTRIES ** (1 / data.signal.operators.length)));
}

// Φ after Zelen and Severo (1964), Abramowitz and Stegun 26.2.17: within 7.5e-8.
function normal(score) {
  const t = 1 / (1 + 0.2316419 * Math.abs(score));
  const tail = 0.3989422804 * Math.exp((-score * score) / 2)
    * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return score > 0 ? 1 - tail : tail;
}

const scoreOf = (index, count) => FARTHEST_SCORE * ((2 * index) / (count - 2) - 1);

// Which of `count` scores a place has for one operator, by (code of deviation << 7 | code of level); the last: unknown.
function scoreTable(count) {
  const table = new Uint8Array(64 << 7);
  for (let deviation = 0; deviation < 64; deviation += 1) {
    for (let level = 0; level < 128; level += 1) {
      const margin = levelOf(level) + 0.5 - state.dbm;
      const score = margin / (data.signal.sd_step_db * Math.max(deviation, 1));
      const index = Math.round(((score / FARTHEST_SCORE + 1) / 2) * (count - 2));
      table[(deviation << 7) | level] = level === 0 ? count - 1 : Math.max(0, Math.min(count - 2, index));
    }
  }
  return table;
}

// The level, rounded down, that a code stands for where the page looks: outdoors or inside a usual building.
function levelOf(code) {
  return data.signal.lowest_dbm + code - 1 - (state.indoor ? data.signal.indoor_loss_db : 0);
}

// Chance of each score given each value of what the operators' errors share; 1 where there is no score.
function chances(count, sign) {
  const { nodes, shared } = data.signal;
  const own = Math.sqrt(Math.max(1 - shared, 1e-9));
  return Array.from({ length: count }, (_, index) => Float64Array.from(nodes, (node) =>
    index === count - 1 ? 1 : normal((sign * scoreOf(index, count) - Math.sqrt(shared) * node) / own)));
}

// Probability in half per cent that any or all of the operators are usable, by their scores.
function jointTable(choice) {
  return field.tables[choice] ??= tabulate(choice);
}

function tabulate(choice) {
  const count = scoreCount();
  const one = chances(count, choice === "all" ? 1 : -1);
  const { weights } = data.signal;
  let products = [Float64Array.from(weights)];
  for (let operator = 1; operator < data.signal.operators.length; operator += 1) {
    products = products.flatMap((product) => one.map((chance) => product.map((value, node) => value * chance[node])));
  }
  const table = new Uint8Array(products.length * count);
  products.forEach((product, before) => one.forEach((chance, last) => {
    let sum = 0;
    for (let node = 0; node < product.length; node += 1) sum += product[node] * chance[node];
    table[before * count + last] = Math.round(200 * (choice === "all" ? sum : 1 - sum));
  }));
  return withoutEvidence(table, count, choice);
}

// For any operator one that was surveyed suffices; for all, none may be missing.
function withoutEvidence(table, count, choice) {
  if (choice === "any") table[table.length - 1] = NOTHING;
  else {
    for (let index = 0; index < table.length; index += 1) {
      for (let rest = index, operator = 0; operator < data.signal.operators.length; operator += 1) {
        if (rest % count === count - 1) table[index] = NOTHING;
        rest = Math.floor(rest / count);
      }
    }
  }
  return table;
}

// The code of level of every place for the choice of operator: the best, the worst, or its own.
function levelCodes() {
  const { level } = field.codes;
  const own = data.signal.operators.indexOf(state.operator);
  if (own >= 0) return level[own];
  const codes = level[0].slice();
  for (const other of level.slice(1)) {
    if (state.operator === "any") for (let at = 0; at < codes.length; at += 1) { if (other[at] > codes[at]) codes[at] = other[at]; }
    else for (let at = 0; at < codes.length; at += 1) { if (other[at] < codes[at]) codes[at] = other[at]; }
  }
  return codes;
}

// The probability of every place, in half per cent.
function probabilityCodes() {
  const { level, deviation } = field.codes;
  const own = data.signal.operators.indexOf(state.operator);
  const result = new Uint8Array(level[0].length);
  if (own >= 0) {
    const scores = scoreTable(202);
    const chance = Uint8Array.from({ length: 202 }, (_, index) => index === 201 ? NOTHING : Math.round(200 * normal(scoreOf(index, 202))));
    const [of, spread] = [level[own], deviation[own]];
    for (let at = 0; at < result.length; at += 1) result[at] = chance[scores[(spread[at] << 7) | of[at]]];
    return result;
  }
  const count = scoreCount();
  const [scores, table] = [scoreTable(count), jointTable(state.operator)];
  const index = (field.index ??= new Uint32Array(result.length)).fill(0);
  level.forEach((of, operator) => {
    const spread = deviation[operator];
    for (let at = 0; at < index.length; at += 1) index[at] = index[at] * count + scores[(spread[at] << 7) | of[at]];
  });
  for (let at = 0; at < index.length; at += 1) result[at] = table[index[at]];
  return result;
}
