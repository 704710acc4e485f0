"use strict";
// Grades answer by answer. HTML is made of two texts alone, the answer and what was asked, which the
// server has made inert as on all pages; every other text becomes a text node.

const find = (id) => document.getElementById(id);
const base = location.pathname;
const POLL = 3000;

let overview = null; // of the question that is shown
let shown = null; // the group that is shown
let draft = null; // what is decided on it, before it is saved
let saving = Promise.resolve();

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const number = (value) => String(Number(value.toPrecision(6)));
const signed = (value) => (value < 0 ? number(value).replace("-", "−") : `+${number(value)}`);
const question = () => find("question").value;
const grader = () => find("grader").value.trim();

function say(words, good = false) {
  const said = find("said");
  said.hidden = !words;
  said.textContent = words;
  said.className = good ? "message good" : "message";
}

// --- the server -----------------------------------------------------------------------------------

async function told(response) {
  const data = await response.json();
  if (!response.ok) throw Object.assign(new Error(data.error), { status: response.status });
  return data;
}

async function ask(path, values) {
  const query = new URLSearchParams({ ...values, grader: grader() || "nobody yet" });
  return told(await fetch(`${base}${path}?${query}`));
}

async function change(path, values) {
  if (!grader()) {
    find("grader").focus();
    throw new Error("Say who you are first.");
  }
  const body = JSON.stringify({ ...values, grader: grader() });
  const headers = { "Content-Type": "application/json" };
  return told(await fetch(`${base}${path}`, { method: "POST", headers, body }));
}

// --- what is shown --------------------------------------------------------------------------------

function score() {
  const points = Object.fromEntries(overview.rubric.map((item) => [item.id, item.points]));
  const start = overview.from === "ceiling" ? overview.max : 0;
  const sum = draft.items.reduce((total, id) => total + (points[id] ?? 0), start + draft.adjustment);
  return Math.min(Math.max(sum, 0), overview.max + overview.bonus);
}

function showPoints() {
  const most = overview.max ? `${number(overview.max)} points` : `up to ${number(overview.bonus)} points as a bonus`;
  const words = `${number(score())} of ${most}`;
  const bonus = overview.max && overview.bonus ? `, up to ${number(overview.bonus)} more as a bonus` : "";
  const state = changed() ? " · not saved" : shown.graded ? ` · saved by ${shown.by}` : " · not graded";
  find("points").textContent = words + bonus + state;
  for (const button of find("rubric").querySelectorAll("button"))
    button.setAttribute("aria-pressed", String(draft.items.includes(button.dataset.item)));
}

function changed() {
  return JSON.stringify(draft) !== JSON.stringify(drafted(shown));
}

function drafted(answer) {
  return { items: [...answer.items], adjustment: answer.adjustment, comment: answer.comment };
}

function showAsked({ html }) {
  find("asked").hidden = !html;
  find("asked-text").innerHTML = html;
}

function showRubric() {
  const rows = overview.rubric.map((item, place) => {
    const key = place < 9 ? make("kbd", {}, String(place + 1)) : make("span");
    const attributes = { type: "button", "data-item": item.id, "aria-pressed": "false" };
    const points = make("span", { class: "number" }, signed(item.points));
    const button = make("button", attributes, key, points, make("span", {}, item.text));
    button.addEventListener("click", () => toggle(item.id));
    return make("li", {}, button);
  });
  find("rubric").replaceChildren(...rows);
  const before = find("item").value;
  const options = overview.rubric.map((item) => make("option", { value: item.id }, item.text.slice(0, 60)));
  find("item").replaceChildren(...options, make("option", { value: "" }, "A new item"));
  find("item").value = overview.rubric.some((item) => item.id === before) ? before : "";
  fillItem();
}

function fillItem() {
  const item = overview.rubric.find((each) => each.id === find("item").value);
  find("item-text").value = item ? item.text : "";
  find("item-points").value = item ? String(item.points) : "0";
  find("item-remove").disabled = !item;
}

function showProgress() {
  const words = overview.progress.map((each) => `${each.question}: ${each.graded} of ${each.answers}`);
  find("progress").textContent = `Graded: ${words.join(" · ")}`;
  const people = overview.graders.map(([name, count]) => `${name} ${count}`);
  find("graders").textContent = people.length ? `By grader: ${people.join(", ")}` : "";
  const problems = overview.problems.join(" ");
  if (problems && find("said").hidden) say(problems);
  const row = find("all");
  overview.groups.forEach((group, place) => {
    const button = row.children[place]?.firstElementChild ?? newPlace(row, place);
    const full = group.graded === group.count;
    const kind = group.again ? "look" : full ? "done" : "";
    if (button.className !== kind) button.className = kind;
    const text = group.again ? `${place + 1} ?` : full ? `${place + 1} ✓` : String(place + 1);
    if (button.textContent !== text) button.textContent = text;
    const state = group.again ? "second look" : full ? `${number(group.score)} points` : "not graded";
    const many = group.count > 1 ? `, ${group.count} equal answers` : "";
    const label = `Answer ${place + 1}: ${state}${many}${group.open ? `, open at ${group.open}` : ""}`;
    if (button.title !== label) {
      button.title = label;
      button.setAttribute("aria-label", label);
    }
    if (shown && group.id === shown.id) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  });
  while (row.children.length > overview.groups.length) row.lastElementChild.remove();
}

function newPlace(row, place) {
  const button = make("button", { type: "button" });
  button.addEventListener("click", () => {
    find("answer-title").focus({ preventScroll: true }); // keys mean the answer from here on
    act(() => go(place));
  });
  row.append(make("li", {}, button));
  return button;
}

const place = () => overview.groups.findIndex((group) => shown && group.id === shown.id);

function showAnswer() {
  const many = shown.count > 1 ? ` · ${shown.count} answers read the same and are graded at once` : "";
  const who = shown.names.length ? ` · ${shown.names.join(", ")}` : "";
  const open = shown.open ? ` · ${shown.open} has it open, too` : "";
  find("answer-title").textContent = `Answer ${place() + 1} of ${overview.groups.length}`;
  find("about").textContent = `${shown.where}${many}${open}${who}`;
  find("again").hidden = !shown.reason;
  find("again").textContent = shown.reason ? `A second look: ${shown.reason}. Save it again to keep the points.` : "";
  if (shown.state === "given") find("answer").innerHTML = shown.html;
  else find("answer").replaceChildren(make("p", { class: "left-out" }, shown.state === "blank" ? "Left blank." : `Not found: ${shown.where}.`));
  find("adjustment").value = String(draft.adjustment);
  find("comment").value = draft.comment;
  showPoints();
}

// --- going from one to the next -------------------------------------------------------------------

const names = () => (find("names")?.checked ? "1" : "0");
const fetched = (id) => ask("answer", { question: question(), group: id, names: names() });

function open(answer) {
  const mine = shown?.id === answer.id && changed() ? draft : null; // decided while it came once more
  shown = answer;
  draft = mine ?? drafted(shown);
  showAnswer();
  showProgress();
  find("answer-title").focus({ preventScroll: true });
  scrollTo(0, 0);
}

async function go(at) {
  const group = overview.groups[at];
  if (!group) return;
  if (shown && changed() && shown.id !== group.id && !(await save(false))) return;
  open(await fetched(group.id));
}

// The server knows what others have open.
async function goOpen() {
  if (shown && changed() && !(await save(false))) return;
  await openNext(await ask("next", { question: question(), after: shown?.id ?? "", names: names() }));
}

async function openNext(answer) {
  if (answer.id && !overview.groups.some((group) => group.id === answer.id)) return load(answer.id);
  if (answer.id) return open(answer);
  showPoints();
  showProgress();
  const full = overview.progress.every((each) => each.question !== overview.question || each.graded === each.answers);
  say(full ? "All answers to this question are graded." : "Nothing is left here that nobody else has open.", true);
}

async function load(group = "") {
  shown = null;
  overview = await ask("overview", { question: question() });
  showAsked(await ask("asked", { question: question() }));
  showRubric();
  find("all").replaceChildren();
  if (!overview.groups.length) {
    find("answer").replaceChildren(make("p", { class: "left-out" }, "There are no answers yet: grade the batch first."));
    return showProgress();
  }
  const at = overview.groups.findIndex((each) => each.id === group);
  if (at >= 0) return go(at);
  const answer = await ask("next", { question: question(), after: "", names: names() });
  if (answer.id) open(answer);
  else await go(0);
}

async function poll() {
  if (!overview || document.hidden) return;
  const asked = question();
  const found = await ask("overview", { question: asked, version: overview.version });
  if (asked === question() && found.groups) take(found);
}

function take(found) {
  const before = JSON.stringify(overview.rubric);
  overview = found;
  if (JSON.stringify(found.rubric) !== before) showRubric();
  showProgress();
  if (shown) showPoints();
}

// --- deciding -------------------------------------------------------------------------------------

function toggle(id) {
  draft.items = draft.items.includes(id) ? draft.items.filter((each) => each !== id) : [...draft.items, id];
  showPoints();
}

async function save(then = true) {
  const { id, seen } = shown;
  const wish = { question: question(), group: id, seen, ...draft, then, names: names() === "1" };
  let next = null;
  try {
    const done = await change("grade", wish);
    Object.assign(shown, done.row, { seen: done.seen, reason: "" }, drafted(wish));
    const at = overview.groups.findIndex((each) => each.id === id);
    if (at >= 0) overview.groups[at] = done.row;
    overview.progress = overview.progress.map((each) => (each.question === wish.question ? done.progress : each));
    next = done.next;
    say("");
  } catch (error) {
    if (error.status === 409) {
      // What was typed stays; what the other one decided is shown, and a second save replaces it.
      const mine = draft;
      shown = await fetched(id);
      draft = mine;
      say(`${error.message} They gave ${shown.score === null ? "nothing" : number(shown.score)} points${shown.comment ? `, saying “${shown.comment}”` : ""}. Save again to replace it.`);
      showPoints();
    } else say(error.message);
    return false;
  }
  if (next) await openNext(next); // which came with the answer to what was saved: one way less
  else {
    showPoints();
    showProgress();
  }
  return true;
}

async function undo() {
  const done = await change("undo", {});
  find("question").value = done.question;
  await load(done.group);
  say(done.kind === "rubric" ? "The rubric is as it was." : "That one is as it was before.", true);
}

async function changeItem(removed) {
  const wish = {
    question: question(),
    item: find("item").value || undefined,
    text: find("item-text").value,
    points: Number(find("item-points").value) || 0,
    removed,
  };
  take(await change("rubric", wish));
  say("The rubric is changed; everybody's points follow it.", true);
}

// --- keys and buttons -----------------------------------------------------------------------------

const step = (by) => () => go((place() + by + overview.groups.length) % overview.groups.length);
const actions = {
  j: step(1), ArrowRight: step(1), k: step(-1), ArrowLeft: step(-1), u: goOpen, z: undo,
  Enter: () => save(), c: () => find("comment").focus(), p: () => find("adjustment").select(),
  n: () => find("names")?.click(), q: () => find("asked").toggleAttribute("open"), "?": () => find("keys").toggleAttribute("open"),
};

function act(action) {
  // One after the other, so that two quick keys do not meet.
  saving = saving.then(action).catch((error) => say(error.message));
  return saving;
}

function typing(target) {
  return target.matches("textarea, select, input:not([type=checkbox])");
}

addEventListener("keydown", (event) => {
  if (event.altKey || event.metaKey || event.repeat) return;
  if (event.target.id === "comment" && event.ctrlKey && event.key === "Enter") {
    event.preventDefault();
    find("answer-title").focus();
    act(() => save());
    return;
  }
  if (event.key === "Escape" && typing(event.target)) return find("answer-title").focus();
  if (event.ctrlKey || typing(event.target) || !shown) {
    if (event.key === "Enter" && event.target.matches("#adjustment, #grader")) find("answer-title").focus();
    return;
  }
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key === "Enter" && event.target.matches("button, summary, a, input")) return;
  if (/^[1-9]$/.test(key)) {
    const item = overview.rubric[Number(key) - 1];
    if (item) act(() => toggle(item.id));
  } else if (actions[key]) act(actions[key]);
  else return;
  event.preventDefault();
});

const on = (id, action) => find(id)?.addEventListener("click", () => act(action));
on("previous", step(-1));
on("next", step(1));
on("open", goOpen);
on("save", () => save());
on("undo", undo);
on("item-save", () => changeItem(false));
on("item-remove", () => changeItem(true));
on("publish", async () => say((await change("publish", {})).said, true));
find("item-form").addEventListener("submit", (event) => event.preventDefault());
find("item").addEventListener("change", fillItem);
find("comment").addEventListener("input", () => ((draft.comment = find("comment").value), showPoints()));
find("adjustment").addEventListener("input", () => ((draft.adjustment = Number(find("adjustment").value) || 0), showPoints()));
let last = question();
find("question").addEventListener("change", () =>
  act(async () => {
    const wanted = question();
    find("question").value = last; // what is not saved belongs to the question before
    if (shown && changed() && !(await save(false))) return;
    find("question").value = last = wanted;
    await load();
  }),
);
find("names")?.addEventListener("change", () => act(async () => {
  if (!shown) return;
  const mine = draft;
  shown = await fetched(shown.id);
  draft = mine;
  showAnswer();
}));
find("grader").value = sessionStorage.getItem("grader") ?? find("grader").value;
find("grader").addEventListener("input", () => sessionStorage.setItem("grader", grader()));
addEventListener("beforeunload", (event) => {
  if (shown && changed()) event.preventDefault();
});
setInterval(() => poll().catch(() => say("The server does not answer; what was saved is safe. Start it again and load its new address.")), POLL);
act(() => load());
