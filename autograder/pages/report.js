"use strict";
// Sorts and filters the tables, and shows the one submission that the address names. Every text of a
// student's becomes a text node; nothing here makes HTML of a string.

const find = (id) => document.getElementById(id);

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// What stands between backticks is code, as on the other pages.
const coded = (text) =>
  text.split(/`([^`\n]+)`/).map((piece, place) => (place % 2 ? make("code", {}, piece) : piece));

// --- tables ---------------------------------------------------------------------------------------

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

function sort(table, column, kind, direction) {
  const rows = [...table.tBodies[0].rows].map((row) => {
    const cell = row.cells[column];
    if (kind !== "number") return { row, key: cell.textContent.trim() };
    return { row, key: cell.dataset.value === "" ? null : Number(cell.dataset.value) };
  });
  const compare =
    kind === "number" ? (one, other) => one - other : (one, other) => collator.compare(one, other);
  rows.sort((one, other) => {
    // What has no value stays last, whatever the direction.
    if (one.key === null || other.key === null) return (one.key === null) - (other.key === null);
    return direction * compare(one.key, other.key);
  });
  table.tBodies[0].replaceChildren(...rows.map(({ row }) => row));
}

for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = head.querySelector("button");
    button.addEventListener("click", () => {
      const kind = button.dataset.kind;
      const before = head.getAttribute("aria-sort");
      // Numbers begin with the largest, texts with the first.
      const first = kind === "number" ? "descending" : "ascending";
      const other = kind === "number" ? "ascending" : "descending";
      const now = before === first ? other : first;
      for (const each of heads) each.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", now);
      sort(table, column, kind, now === "ascending" ? 1 : -1);
    });
  });
}

function filter(id) {
  const words = find(`find-${id}`).value.toLowerCase().split(/\s+/).filter(Boolean);
  const only = document.querySelector(`select[data-table="${id}"]`)?.value ?? "";
  let shown = 0;
  for (const row of find(id).tBodies[0].rows) {
    row.text ??= [...row.cells]
      .filter((cell) => !cell.classList.contains("number"))
      .map((cell) => cell.textContent.toLowerCase())
      .join(" ");
    const fits =
      words.every((word) => row.text.includes(word)) &&
      (only === "" || row.dataset.kinds.split(" ").includes(only));
    row.hidden = !fits;
    shown += fits;
  }
  find(`count-${id}`).textContent = `${shown} shown`;
}

for (const control of document.querySelectorAll("[data-table]"))
  control.addEventListener("input", () => filter(control.dataset.table));

// --- one submission -------------------------------------------------------------------------------

let data = null; // read when it is first needed

function load() {
  if (data === null) {
    data = JSON.parse(find("data").textContent);
    data.places = new Map(data.submissions.map((submission, place) => [submission.id, place]));
  }
  return data;
}

const number = (value) => String(Number(value.toPrecision(6)));

function fact(name, value) {
  return make("div", {}, make("dt", {}, name), make("dd", {}, value));
}

function outcome([check, status, score, of, message, cases, visibility, seconds]) {
  const [word, mark] = data.statuses[status];
  const { id, title, hidden } = data.checks[check];
  const text = make("td", { class: "text" });
  if (data.texts[message]) text.append(make("p", { class: "message" }, ...coded(data.texts[message])));
  const kinds = [id, hidden ? "hidden check" : "public check", `visibility: ${visibility}`];
  if (data.texts[cases]) kinds.push(data.texts[cases]);
  kinds.push(`${seconds} s`);
  text.prepend(make("p", {}, ...coded(title)));
  text.append(make("p", { class: "staff-line" }, kinds.join(" · ")));
  const points = make("td", { class: "number" }, number(score));
  points.append(make("span", { class: "of" }, ` / ${number(of)}`));
  const badge = make("span", { class: `status ${status}` });
  badge.append(make("span", { "aria-hidden": "true" }, mark), " ", make("span", { class: "word" }, word));
  return make("tr", {}, make("td", {}, badge), text, points);
}

function list(title, places, tag) {
  if (!places.length) return [];
  const items = places.map((place) => make(tag, {}, data.texts[place]));
  if (tag === "pre") items.forEach((item) => (item.className = "staff-text"));
  return [make("h3", {}, title), ...(tag === "li" ? [make("ul", {}, ...items)] : items)];
}

function step(words, link) {
  return link ? [make("a", { href: link.getAttribute("href"), "data-route": "" }, words)] : [];
}

function neighbours(hash) {
  // In the order in which the table stands, and among those that it shows.
  const links = [...find("submissions-table").tBodies[0].rows]
    .filter((row) => !row.hidden)
    .map((row) => row.cells[0].firstElementChild);
  const at = links.findIndex((link) => link.getAttribute("href") === hash);
  return at < 0 ? [] : [...step("Previous", links[at - 1]), ...step("Next", links[at + 1])];
}

function page(submission, hash) {
  const heads = ["Result", "Check", "Points"].map((name) => make("th", { scope: "col" }, name));
  heads[2].className = "number";
  const table = make(
    "table",
    { class: "summary" },
    make("caption", { class: "unseen" }, "Checks of this submission"),
    make("thead", {}, make("tr", {}, ...heads)),
    make("tbody", {}, ...submission.rows.map(outcome)),
  );
  const parts = [
    make(
      "nav",
      { "aria-label": "Submissions", class: "steps" },
      make("a", { href: "#submissions" }, "All submissions"),
      ...neighbours(hash),
    ),
    make("h2", { id: "one-title", tabindex: "-1" }, submission.name),
    make(
      "dl",
      { class: "facts" },
      fact("Points", `${number(submission.score)} of ${number(submission.of)}`),
      fact("Id", submission.id),
      fact("Isolation", [submission.isolation, data.texts[submission.layers]].filter(Boolean).join(": ")),
      fact("Seed", submission.seed),
      fact("Time", `${submission.seconds} s`),
      fact("Harness", data.texts[submission.version]),
    ),
  ];
  if (submission.page)
    parts.push(make("p", {}, make("a", { href: submission.page }, "Its page of feedback, with the notebooks")));
  parts.push(
    ...list("Notes to the student", submission.notes, "li"),
    ...list("Graded by people", submission.people, "li"),
    ...list("Remarks of checks", submission.flags, "li"),
    ...list("Internal errors", submission.faults, "pre"),
    make("h3", {}, "Checks"),
    table,
  );
  return parts;
}

const title = document.title;

function route() {
  const prefix = "#submission/";
  const one = find("one");
  let submission;
  if (location.hash.startsWith(prefix)) {
    const { places, submissions } = load();
    try {
      submission = submissions[places.get(decodeURIComponent(location.hash.slice(prefix.length)))];
    } catch {
      submission = undefined; // an address that was typed
    }
  }
  const wasOpen = !one.hidden;
  one.hidden = !submission;
  find("overview").hidden = Boolean(submission);
  if (submission) {
    one.replaceChildren(...page(submission, location.hash));
    document.title = `${submission.name} · ${title}`;
    scrollTo(0, 0);
    find("one-title").focus();
  } else {
    one.replaceChildren();
    document.title = title;
    if (wasOpen) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }
}

addEventListener("hashchange", route);
route();
