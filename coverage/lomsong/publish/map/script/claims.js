// Hexagons in which field tests were held against what an operator declares: one shape, stamped where it belongs.

const ClaimLayer = CanvasLayer.extend({
  paint(context, bounds) {
    const rows = claimRows();
    if (rows.length === 0) return;
    const corners = claimCorners(this._map, rows[0]);
    const reach = Math.max(...corners.flat().map(Math.abs));
    const colours = data.claims.states.map((name) => data.colours.claims[name]);
    for (const row of rows) {
      const { x, y } = this._map.latLngToLayerPoint([row[0], row[1]]);
      if (x < bounds.min.x - reach || x > bounds.max.x + reach || y < bounds.min.y - reach || y > bounds.max.y + reach) continue;
      context.fillStyle = colours[row[2]];
      fillCorners(context, corners.map(([across, down]) => [x + across, y + down]));
      if (data.claims.states[row[2]] === "overturned" && reach > 4) crossOut(context, x, y, reach / 3);
    }
  },
});

// What is overturned carries a cross besides its colour, where there is room for one.
function crossOut(context, x, y, size) {
  context.strokeStyle = "#ffffff";
  context.lineWidth = 1.4;
  context.beginPath();
  context.moveTo(x - size, y - size);
  context.lineTo(x + size, y + size);
  context.moveTo(x - size, y + size);
  context.lineTo(x + size, y - size);
  context.stroke();
}

function claimRows() {
  return data.claims?.hexagons[state.operator] ?? [];
}

function claimCorners(map, [latitude, longitude]) {
  const centre = map.latLngToLayerPoint([latitude, longitude]);
  return data.claims.corners.map(([north, east]) => {
    const { x, y } = map.latLngToLayerPoint([latitude + north, longitude + east]);
    return [x - centre.x, y - centre.y];
  });
}

// The hexagon that holds a place: the one whose centre is nearest, unless that is farther than a corner.
function claimAt({ lat, lng }) {
  const squeeze = Math.cos((lat * Math.PI) / 180);
  const away = ([latitude, longitude]) => (latitude - lat) ** 2 + ((longitude - lng) * squeeze) ** 2;
  const nearest = claimRows().reduce((best, row) => (best && away(best) <= away(row) ? best : row), null);
  const corner = Math.max(...data.claims.corners.map(([north, east]) => north ** 2 + (east * squeeze) ** 2));
  return nearest && away(nearest) <= corner ? nearest : null;
}

function claimCounts() {
  const counts = data.claims.states.map(() => 0);
  for (const row of claimRows()) counts[row[2]] += 1;
  return counts;
}

function claimWords(row) {
  const [name, tests, failures] = [data.claims.states[row[2]], row[3], row[4]];
  return `${say(`claim_${name}`)} · ${say("claim_failed", { failures: show(failures), tests: show(tests) })}`;
}

function openClaimCard(row) {
  const [, , verdict, tests, failures, median, claimed, cause, lacking, code] = row;
  const commune = communeOf(code);
  const name = data.claims.states[verdict];
  openCard(say(`claim_${name}`), say("claim_of", { operator: operatorName(state.operator) }),
    node("p", { class: "big" }, node("strong", {}, show(failures)), node("span", {}, say("claim_failed_of", { tests: show(tests) }))),
    facts(
      [say("fact_median"), median === null ? null : `${formats.level.format(median)}\u00a0dBm`],
      [say("fact_claimed"), claimed === null ? null : `${formats.level.format(claimed)}\u00a0dBm`],
      [say("fact_cause"), cause < 0 ? null : say(`claim_cause_${data.claims.causes[cause]}`)],
      [say("fact_lacking"), lacking < 0 ? null : say(`claim_lacks_${data.claims.lacking[lacking]}`)],
    ), backTo(commune));
}
