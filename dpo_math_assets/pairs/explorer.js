"use strict";
// Untrusted text reaches the page through text nodes only: nothing here writes markup.
const data = JSON.parse(document.getElementById("data").textContent);
const byId = id => document.getElementById(id);
const PAGE = 50;
// Beyond so many differences, marks of single words say nothing, and take long.
const MOST_EDITS = 1200;
const SVG = "http://www.w3.org/2000/svg";

const pairs = data.chosen.map((chosen, index) => ({
  index,
  chosen,
  rejected: data.rejected[index],
  prompt: data.prompts[data.prompt[index]],
  lengths: [data.chosen_length[index], data.rejected_length[index]],
}));
let found = [];
let selected = 0;  // position in `found`
let granularity = "words";

// Building the page -------------------------------------------------------------------------------

function element(tag, properties, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (name === "class" || name.startsWith("aria-") || name === "role") node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children);
  return node;
}

function shape(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// Characters that show nothing, or change the order of what is shown, are named instead.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u;

function shown(text) {
  if (!UNSEEN.test(text)) return [text];
  return text.split(/([\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff])/u)
    .filter(part => part !== "")
    .map(part => UNSEEN.test(part)
      ? element("span", {class: "unseen"}, "U+" + part.codePointAt(0).toString(16).toUpperCase().padStart(4, "0"))
      : part);
}

function percent(rate) { return rate === null ? "unknown" : Math.round(100 * rate) + "\u00a0%"; }
function count(number) { return number.toLocaleString("en"); }
function many(number, what) { return count(number) + " " + what + (number === 1 ? "" : "s"); }

// What differs ------------------------------------------------------------------------------------

function pieces(text, by) {
  return text.match(by === "lines"
    ? /[^\n]*\n|[^\n]+$/g
    : /\\[A-Za-z]+|[\p{L}\p{M}]+|\d+(?:[.,]\d+)*|\s+|[^]/gu) ?? [];
}

// Myers' O(ND) differences (1986), without the common beginning and end. Gives for both sides which
// pieces differ, or null where there are more than `most` differences.
function differences(a, b, most) {
  let start = 0, endA = a.length, endB = b.length;
  while (start < endA && start < endB && a[start] === b[start]) start++;
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) { endA--; endB--; }
  const changedA = new Array(a.length).fill(false), changedB = new Array(b.length).fill(false);
  const n = endA - start, m = endB - start;
  if (n === 0 || m === 0) {
    changedA.fill(true, start, endA);
    changedB.fill(true, start, endB);
    return [changedA, changedB];
  }
  const limit = Math.min(n + m, most);
  let reach = new Int32Array(2 * limit + 3);
  const middle = limit + 1, history = [];
  for (let d = 0; d <= limit; d++) {
    history.push(reach.slice(middle - d - 1, middle + d + 2));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && reach[middle + k - 1] < reach[middle + k + 1]);
      let x = down ? reach[middle + k + 1] : reach[middle + k - 1] + 1;
      let y = x - k;
      while (x < n && y < m && a[start + x] === b[start + y]) { x++; y++; }
      reach[middle + k] = x;
      if (x >= n && y >= m) return trace(history, d, n, m, start, changedA, changedB);
    }
  }
  return null;
}

function trace(history, d, x, y, start, changedA, changedB) {
  for (; d > 0; d--) {
    const reach = history[d], at = k => reach[k + d + 1];
    const k = x - y;
    const down = k === -d || (k !== d && at(k - 1) < at(k + 1));
    const before = down ? k + 1 : k - 1;
    x = at(before);
    y = x - before;
    if (down) changedB[start + y] = true; else changedA[start + x] = true;
  }
  return [changedA, changedB];
}

// Text with marks; white space between two marked words is marked with them.
function marked(parts, changed) {
  const result = [];
  for (let i = 0; i < parts.length;) {
    const differs = changed[i];
    let text = "";
    const bridge = at => !changed[at] && /^[^\S\n]+$/.test(parts[at]) && changed[at + 1];
    while (i < parts.length && (changed[i] === differs || (differs && bridge(i)))) text += parts[i++];
    result.push(...(differs ? [element("mark", null, ...shown(text))] : shown(text)));
  }
  return result;
}

function compared(chosen, rejected) {
  if (granularity === "none") return [shown(chosen), shown(rejected), ""];
  for (const by of granularity === "words" ? ["words", "lines"] : ["lines"]) {
    const a = pieces(chosen, by), b = pieces(rejected, by);
    const changed = differences(a, b, MOST_EDITS);
    if (changed === null) continue;
    const said = by === granularity ? "" : "Too different for marks by words: lines are marked.";
    return [marked(a, changed[0]), marked(b, changed[1]), said];
  }
  return [shown(chosen), shown(rejected), "Too different to mark."];
}

// The selected pair -------------------------------------------------------------------------------

function facts(entries) {
  const list = element("dl", {class: "facts"});
  for (const [name, value] of entries) {
    if (value === null || value === "") continue;
    list.append(element("div", null, element("dt", null, name), element("dd", null, ...shown(String(value)))));
  }
  return list;
}

function override(key) {
  const row = JSON.stringify({judged_keys: key, override: "exclude", by: "", note: ""});
  const copy = element("button", {type: "button"}, "Copy");
  copy.addEventListener("click", async () => {
    try { await navigator.clipboard.writeText(row); copy.textContent = "Copied"; }
    catch { copy.textContent = "Select the line and copy it"; }
  });
  return element("details", {class: "override"},
    element("summary", null, "This label is wrong"),
    "A line for a .jsonl file in the folder overrides; say correct, incorrect or exclude.",
    element("code", null, row), copy);
}

function side(name, title, pair, texts, answer, how, from) {
  const place = name === "chosen" ? 0 : 1;
  return element("section", {class: name, "aria-label": title},
    element("h2", null, title),
    facts([["answer", answer === "" ? "none" : answer], ["judged", how],
      ["characters", count(pair.lengths[place])]]),
    element("pre", null, ...texts),
    facts([["trace", data["trace_" + from][pair.index]], ["export", data.exports[data["export_" + from][pair.index]]]]),
    override(data[name + "_key"][pair.index]));
}

function showPair() {
  const pair = found[selected];
  if (pair === undefined) {
    byId("pair").replaceChildren(element("p", {class: "empty"}, "No pair fits the filters."));
    return;
  }
  const [prompt, gold, split, rate, attempts] = pair.prompt;
  const [chosen, rejected, said] = compared(pair.chosen, pair.rejected);
  const marks = element("select", {id: "marks", "aria-keyshortcuts": "d"},
    ...["words", "lines", "none"].map(by => element("option", {value: by, selected: by === granularity}, by)));
  marks.addEventListener("change", () => { granularity = marks.value; showPair(); byId("marks").focus(); });
  byId("pair").replaceChildren(
    element("pre", {class: "question", "aria-label": "Prompt"}, ...shown(prompt)),
    facts([["reference answer", gold], ["split", split],
      ["pass rate", attempts === null ? percent(rate) : percent(rate) + " of " + many(attempts, "attempt")],
      ["attempts with the rejected answer", data.answer_count[pair.index] || null],
      ["pair", data.pair_id[pair.index]]]),
    element("div", {class: "bar"},
      element("label", null, "Mark what differs by", marks), element("output", null, said)),
    element("div", {class: "sides"},
      side("chosen", "Chosen", pair, chosen, data.chosen_answer[pair.index],
        "correct, " + data.methods[data.method[pair.index]], "pass"),
      side("rejected", "Rejected", pair, rejected, data.rejected_answer[pair.index],
        data.reasons[data.reason[pair.index]], "fail")));
}

// The list ----------------------------------------------------------------------------------------

function line(pair, position) {
  const [prompt, , split, rate] = pair.prompt;
  const row = element("li", {role: "option", id: "pair-" + position, "aria-selected": String(position === selected)},
    element("div", {class: "prompt"}, ...shown(prompt.slice(0, 300))),
    element("small", null, split + " · pass rate " + percent(rate) + " · " +
      count(pair.lengths[0]) + " against " + count(pair.lengths[1]) + " characters"));
  row.addEventListener("click", () => select(position));
  return row;
}

function showList() {
  const page = Math.floor(selected / PAGE), first = page * PAGE;
  const rows = found.slice(first, first + PAGE);
  const list = byId("list");
  list.replaceChildren(...rows.map((pair, offset) => line(pair, first + offset)));
  byId("shown").textContent = rows.length === 0 ? "0 pairs"
    : count(first + 1) + "–" + count(first + rows.length) + " of " + many(found.length, "pair");
  byId("previous").disabled = page === 0;
  byId("next").disabled = first + PAGE >= found.length;
  if (rows.length) {
    list.setAttribute("aria-activedescendant", "pair-" + selected);
    byId("pair-" + selected).scrollIntoView({block: "nearest"});
  } else list.removeAttribute("aria-activedescendant");
}

function select(position) {
  selected = Math.max(0, Math.min(position, found.length - 1));
  showList();
  showPair();
}

// Filters -----------------------------------------------------------------------------------------

const FILTERS = ["search", "everywhere", "split", "method", "reason", "export",
  "rate_from", "rate_to", "length_from", "length_to", "order"];
const ORDERS = {
  hard: (a, b) => (a.prompt[3] ?? 2) - (b.prompt[3] ?? 2),
  easy: (a, b) => (b.prompt[3] ?? -1) - (a.prompt[3] ?? -1),
  longer: (a, b) => (b.lengths[0] - b.lengths[1]) - (a.lengths[0] - a.lengths[1]),
  shorter: (a, b) => (a.lengths[0] - a.lengths[1]) - (b.lengths[0] - b.lengths[1]),
  long: (a, b) => Math.max(...b.lengths) - Math.max(...a.lengths),
};

function bound(id, otherwise) {
  const value = byId(id).valueAsNumber;
  return Number.isNaN(value) ? otherwise : value;
}

function refilter() {
  const wanted = byId("search").value.toLowerCase(), everywhere = byId("everywhere").checked;
  const [split, method, reason, source] = ["split", "method", "reason", "export"].map(id => byId(id).value);
  const [rateFrom, rateTo] = [bound("rate_from", -Infinity), bound("rate_to", Infinity)];
  const [from, to] = [bound("length_from", -Infinity), bound("length_to", Infinity)];
  const rated = rateFrom !== -Infinity || rateTo !== Infinity;
  const holds = new Map();  // each prompt is searched once
  function matches(pair) {
    if (wanted === "") return true;
    if (!holds.has(pair.prompt)) holds.set(pair.prompt, pair.prompt[0].toLowerCase().includes(wanted));
    return holds.get(pair.prompt) || (everywhere && (pair.chosen.toLowerCase().includes(wanted) ||
      pair.rejected.toLowerCase().includes(wanted)));
  }
  function fits(pair) {
    const rate = pair.prompt[3], length = Math.max(...pair.lengths), i = pair.index;
    return (split === "" || pair.prompt[2] === split)
      && (method === "" || data.method[i] === Number(method))
      && (reason === "" || data.reason[i] === Number(reason))
      && (source === "" || data.export_pass[i] === Number(source) || data.export_fail[i] === Number(source))
      && (!rated || (rate !== null && 100 * rate >= rateFrom && 100 * rate <= rateTo))
      && length >= from && length <= to && matches(pair);
  }
  found = pairs.filter(fits);
  const order = ORDERS[byId("order").value];
  if (order) found.sort((a, b) => order(a, b) || a.index - b.index);
  showCharts();
  select(0);
}

function fill(id, values, counts) {
  values.forEach((value, number) => {
    const name = (value === "" ? "not named" : value) + (counts ? " (" + count(counts[number]) + ")" : "");
    byId(id).append(element("option", {value: String(counts ? number : value)}, name));
  });
}

function tally(codes, size) {
  const counts = new Array(size).fill(0);
  for (const code of codes) counts[code]++;
  return counts;
}

// Charts ------------------------------------------------------------------------------------------

const WIDTH = 320, HEIGHT = 130, LEFT = 34, BOTTOM = 18;

function figure(title, note, described, ...shapes) {
  const svg = shape("svg", {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": title + ". " + described}, ...shapes);
  return element("figure", null,
    element("figcaption", null, element("strong", null, title + " "), element("small", null, note)), svg);
}

function label(x, y, text, anchor) { return shape("text", {x, y, "text-anchor": anchor ?? "middle"}, text); }

function columns(bins, series, names) {
  const most = Math.max(1, ...series.flat());
  const step = (WIDTH - LEFT) / bins.length, height = HEIGHT - BOTTOM - 6;
  const shapes = [shape("path", {class: "axis", d: `M${LEFT} 6V${HEIGHT - BOTTOM}H${WIDTH}`}),
    label(LEFT - 4, 12, count(most), "end"), label(LEFT - 4, HEIGHT - BOTTOM, "0", "end")];
  const every = Math.ceil(bins.length / 6);
  bins.forEach((bin, i) => {
    series.forEach((values, s) => {
      const tall = height * values[i] / most, wide = Math.max(1, (step - 2) / series.length);
      shapes.push(shape("rect", {x: LEFT + i * step + 1 + s * wide, y: HEIGHT - BOTTOM - tall, width: wide, height: tall, class: names[s].class},
        shape("title", {}, [names[s].name, bin + ": " + count(values[i])].filter(Boolean).join(", "))));
    });
    const last = i === bins.length - 1 && bins.length > 6;
    if (i % every === 0) shapes.push(label(last ? WIDTH - 2 : LEFT + (i + .5) * step, HEIGHT - 5, bin, last ? "end" : "middle"));
  });
  return shapes;
}

function mean(values) { return values.length ? values.reduce((a, b) => a + b, 0) / values.length : 0; }

// A round width that cuts 0 to `top` into at most `most` bins.
function roundWidth(top, most) {
  for (let unit = 1; ; unit *= 10) for (const f of [1, 2, 5]) if (top / (unit * f) <= most) return unit * f;
}

function lengthChart() {
  const sides = [0, 1].map(s => found.map(pair => pair.lengths[s]));
  const all = sides.flat().sort((a, b) => a - b);
  const width = roundWidth(all[Math.floor(.98 * (all.length - 1))] ?? 1, 14);
  const number = Math.max(1, Math.ceil(((all[Math.floor(.98 * (all.length - 1))] ?? 0) + 1) / width));
  const bins = Array.from({length: number}, (_, i) => count(i * width) + (i === number - 1 ? "+" : ""));
  const series = sides.map(values => tally(values.map(v => Math.min(number - 1, Math.floor(v / width))), number));
  const [chosen, rejected] = sides.map(values => count(Math.round(mean(values))));
  const said = `Mean: chosen ${chosen}, rejected ${rejected}.`;
  return figure("Characters", `chosen (blue) and rejected (orange). ${said}`, said, ...columns(bins, series,
    [{name: "chosen", class: "right"}, {name: "rejected", class: "wrong"}]));
}

function againstChart() {
  const cells = 22, side = HEIGHT - BOTTOM - 6, wide = WIDTH - LEFT - 4;
  const lengths = found.flatMap(pair => pair.lengths);
  const top = Math.log(2 + lengths.reduce((a, b) => Math.max(a, b), 1));
  const low = Math.log(1 + lengths.reduce((a, b) => Math.min(a, b), Infinity));
  const cell = v => Math.min(cells - 1, Math.floor(cells * (Math.log(1 + v) - low) / (top - low)));
  const counts = tally(found.map(p => cell(p.lengths[0]) * cells + cell(p.lengths[1])), cells * cells);
  const most = counts.reduce((a, b) => Math.max(a, b), 1);
  const longer = found.filter(pair => pair.lengths[0] > pair.lengths[1]).length;
  const said = `Chosen is the longer side in ${count(longer)} of ${count(found.length)}.`;
  const shapes = [shape("path", {class: "axis", d: `M${LEFT} 6V${6 + side}H${LEFT + wide}`})];
  counts.forEach((n, i) => {
    if (n) shapes.push(shape("rect", {x: LEFT + Math.floor(i / cells) * wide / cells, y: 6 + side - (i % cells + 1) * side / cells,
      width: wide / cells, height: side / cells, class: "plain", "fill-opacity": .15 + .85 * Math.sqrt(n / most)}, shape("title", {}, many(n, "pair"))));
  });
  shapes.push(shape("path", {class: "even", d: `M${LEFT} ${6 + side}L${LEFT + wide} 6`}),
    label(LEFT + wide, HEIGHT - 5, "chosen longer →", "end"), label(LEFT + 4, 16, "↑ rejected longer", "start"));
  return figure("Length, chosen against rejected", `logarithmic. ${said}`, said, ...shapes);
}

function methodChart() {
  const counts = tally(found.map(pair => data.method[pair.index]), data.methods.length);
  const rows = data.methods.map((name, i) => [name || "not named", counts[i]]).filter(row => row[1])
    .sort((a, b) => b[1] - a[1]).slice(0, 6);
  const most = Math.max(1, ...rows.map(row => row[1]));
  const shapes = rows.flatMap(([name, n], i) => {
    const wide = (WIDTH - 140) * n / most;
    return [label(74, 18 + 20 * i, name, "end"), shape("rect", {x: 80, y: 8 + 20 * i, width: Math.max(1, wide), height: 13, class: "plain"}),
      label(84 + wide, 18 + 20 * i, count(n), "start")];
  });
  return figure("Methods", "by which chosen was found right", rows.map(row => row.join(": ")).join(", "), ...shapes);
}

function promptChart() {
  const perPrompt = new Map();
  for (const pair of found) perPrompt.set(data.prompt[pair.index], (perPrompt.get(data.prompt[pair.index]) ?? 0) + 1);
  const numbers = [...perPrompt.values()];
  const most = Math.min(12, numbers.reduce((a, b) => Math.max(a, b), 1));
  const bins = Array.from({length: most}, (_, i) => (i + 1) + (i === 11 ? "+" : ""));
  const said = many(numbers.length, "prompt");
  return figure("Pairs a prompt", said, said,
    ...columns(bins, [tally(numbers.map(n => Math.min(most, n) - 1), most)], [{name: "", class: "plain"}]));
}

function rateChart() {
  const rates = found.map(pair => pair.prompt[3]).filter(rate => rate !== null);
  const bins = Array.from({length: 10}, (_, i) => 10 * i + "–" + 10 * (i + 1));
  const counts = tally(rates.map(rate => Math.min(9, Math.floor(10 * rate + 1e-9))), 10);
  const said = rates.length ? `Mean ${percent(mean(rates))}.` : "Not known.";
  return figure("Pass rate of the prompt, %", said, said, ...columns(bins, [counts], [{name: "", class: "plain"}]));
}

function showCharts() {
  if (!byId("charts").open) return;
  byId("charts").querySelector(".charts").replaceChildren(
    lengthChart(), againstChart(), rateChart(), methodChart(), promptChart());
}

// Keys --------------------------------------------------------------------------------------------

const MOVES = {
  ArrowDown: () => selected + 1, ArrowUp: () => selected - 1,
  PageDown: () => (Math.floor(selected / PAGE) + 1) * PAGE, PageUp: () => (Math.floor(selected / PAGE) - 1) * PAGE,
  Home: () => 0, End: () => found.length - 1,
};

byId("list").addEventListener("keydown", event => {
  const move = MOVES[event.key];
  if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  select(move());
});

document.addEventListener("keydown", event => {
  if (event.target.matches("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") { event.preventDefault(); byId("search").focus(); }
  else if (event.key === "j") select(selected + 1);
  else if (event.key === "k") select(selected - 1);
  else if (event.key === "d") {
    granularity = {words: "lines", lines: "none", none: "words"}[granularity];
    showPair();
  }
});

// Start -------------------------------------------------------------------------------------------

fill("split", [...new Set(data.prompts.map(prompt => prompt[2]))].sort());
fill("method", data.methods, tally(data.method, data.methods.length));
fill("reason", data.reasons, tally(data.reason, data.reasons.length));
fill("export", data.exports, data.exports.map((_, i) =>
  pairs.filter(pair => data.export_pass[pair.index] === i || data.export_fail[pair.index] === i).length));
byId("summary").textContent = data.summary;
for (const id of FILTERS) byId(id).addEventListener("input", refilter);
byId("filters").addEventListener("submit", event => event.preventDefault());
byId("filters").addEventListener("reset", () => setTimeout(refilter));
byId("previous").addEventListener("click", () => select(MOVES.PageUp()));
byId("next").addEventListener("click", () => select(MOVES.PageDown()));
byId("charts").addEventListener("toggle", showCharts);
refilter();
