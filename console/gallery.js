// The gallery, a card's own page and the form for a new one; every word of a card is put in as text.
"use strict";

const KEY = "orquestra.token";
const PAGE_SIZE = 24;
const main = document.getElementById("main");

function make(tag, props = {}, ...children) {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children.filter((one) => one !== null && one !== undefined));
  return node;
}

function label(text, field) { return make("label", {}, text, field); }

function options(field, pairs) {
  field.replaceChildren(...pairs.map(([value, text]) => make("option", { value, textContent: text })));
  return field;
}

class Refused extends Error {
  constructor(status, body) {
    const details = Object.values(body?.details ?? {}).flat().filter((one) => typeof one === "string");
    super([body?.message ?? `The server answered ${status}.`, ...details].join(" "));
    this.status = status;
  }
}

class Away extends Error {
  constructor() { super("The server cannot be reached. Look at the connection, and try again."); }
}

async function reached(path, sent) {
  try { return await fetch(path, sent); } catch { throw new Away(); }
}

async function ask(path, { method = "GET", body } = {}) {
  const headers = { Authorization: `Bearer ${sessionStorage.getItem(KEY) ?? ""}` };
  if (body) headers["Content-Type"] = "application/json";
  const answer = await reached(path, { method, headers, body: body && JSON.stringify(body), cache: "no-store" });
  if (!answer.ok) throw new Refused(answer.status, await answer.json().catch(() => null));
  return answer;
}

async function asked(path, more) { return (await ask(path, more)).json(); }

function problem(error) { return make("p", { className: "problem", role: "alert", textContent: error.message }); }

// Ask again and again, also while the server is away, until ``isOver`` of what it says.
async function waited(path, everyMs, isOver) {
  for (;;) {
    await new Promise((then) => setTimeout(then, everyMs));
    try {
      const found = await asked(path);
      if (isOver(found)) return found;
    } catch (error) { if (!(error instanceof Away)) throw error; }
  }
}

// What takes long goes on behind the request: wait for its job.
async function finished(answer) {
  if (answer.status !== 202) return answer.json();
  const job = await waited(answer.headers.get("Location"), 1500, (one) => ["failed", "done"].includes(one.status));
  if (job.status === "failed") throw new Error(job.error.message);
  return job.result ?? { cards: [] };
}

// Signing in, where nobody is.
function signIn(then) {
  const email = make("input", { type: "email", autocomplete: "username", required: true });
  const password = make("input", { type: "password", autocomplete: "current-password", required: true });
  const said = make("p", { className: "problem", role: "alert" });
  const form = make("form", { className: "card form" },
    make("h1", { textContent: "Sign in" }), label("E-mail", email), label("Password", password), said,
    make("button", { className: "main", textContent: "Sign in" }));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const answer = await reached("/auth/login", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ email: email.value, password: password.value }),
      });
      const body = await answer.json();
      if (!answer.ok) throw new Refused(answer.status, body);
      sessionStorage.setItem(KEY, body.token);
      start(then);
    } catch (error) { said.textContent = error.message; }
  });
  main.replaceChildren(form);
  email.focus();
}

async function start(page) {
  if (!sessionStorage.getItem(KEY)) { signIn(page); return; }
  try { await page(); } catch (error) {
    if (error.status === 401) { sessionStorage.removeItem(KEY); signIn(page); } else { main.replaceChildren(problem(error)); }
  }
}

// Pictures need the credential too: they are fetched when they come into view.
const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting) { seen.unobserve(entry.target); load(entry.target); }
  }
}, { rootMargin: "300px" });

async function load(image) {
  try {
    const blob = await (await ask(image.dataset.path)).blob();
    const before = image.src;
    image.src = URL.createObjectURL(blob);
    if (before.startsWith("blob:")) URL.revokeObjectURL(before);
  } catch { image.alt = "No picture"; }
}

function picture(card, className) {
  if (!card.image_url) return null;
  const image = make("img", { alt: card.name, className });
  image.dataset.path = card.image_url;
  seen.observe(image);
  return image;
}

function by(card) {
  return `${card.model}${card.image_model ? ` · picture: ${card.image_model}` : ""}`;
}

function tile(card) {
  return make("a", { className: "card tile", href: `/gallery/${card._id}` }, picture(card, ""),
    make("div", {}, make("strong", { textContent: card.name }), make("span", { textContent: by(card) }),
      make("span", { textContent: new Date(card.createdAt).toLocaleString() })));
}

async function gallery() {
  const fixed = location.pathname.startsWith("/cocktails") ? "cocktail" : "";
  const templates = await asked("/studio/templates");
  const q = make("input", { type: "search", placeholder: "name, ingredient, request" });
  const template = options(make("select"), [["", "all"], ...templates.map((one) => [one.name, one.title])]);
  const model = make("input", { placeholder: "any" });
  const sort = options(make("select"), [["createdAt", "newest"], ["name", "name"], ["model", "model"]]);
  const grid = make("div", { className: "grid" });
  const more = make("button", { textContent: "More", hidden: true });
  const hint = make("p", { className: "hint", role: "status" });
  let cursor = "", turn = 0;
  template.value = fixed;

  async function show(from) {
    const mine = ++turn;
    const query = new URLSearchParams({ limit: PAGE_SIZE, sort: sort.value, cursor: from });
    for (const [name, field] of [["q", q], ["template", template], ["model", model]]) {
      if (field.value.trim()) query.set(name, field.value.trim());
    }
    const answer = await ask(`/studio/cards?${query}`);
    const cards = await answer.json();
    if (mine !== turn) return;
    cursor = answer.headers.get("X-Next-Cursor") ?? "";
    more.hidden = !cursor;
    const tiles = cards.map(tile);
    if (from) grid.append(...tiles); else grid.replaceChildren(...tiles);
    const narrowed = [q, model, ...(fixed ? [] : [template])].some((one) => one.value.trim());
    hint.replaceChildren(...(grid.children.length ? [] : narrowed ? ["No card fits."]
      : ["No cards here yet. ", make("a", { href: "/gallery/new", textContent: "Make the first one." })]));
  }

  // What went wrong stands where one looks: above the cards, or below them at "More".
  const tell = (error, isMore) => {
    if (isMore) grid.after(hint); else grid.before(hint);
    hint.textContent = error.message;
  };
  const again = () => show("").catch((error) => tell(error, false));
  let soon;
  for (const field of [q, model]) {
    field.addEventListener("input", () => { clearTimeout(soon); soon = setTimeout(again, 250); });
  }
  for (const field of [template, sort]) field.addEventListener("change", again);
  more.addEventListener("click", () => show(cursor).catch((error) => tell(error, true)));
  const title = fixed ? "Cocktails" : "Gallery";
  main.replaceChildren(make("h1", { textContent: title }),
    make("div", { className: "tools" }, label("Search", q), fixed ? null : label("Kind", template), label("Model", model), label("Order", sort)),
    hint, grid, more);
  await show("");
}

function lines(value) {
  if (Array.isArray(value)) return value.flatMap((one) => (isObject(one) ? [inOneLine(one)] : lines(one)));
  if (isObject(value)) return Object.entries(value).map(([name, one]) => `${labelOf(name)}: ${lines(one).join(", ")}`);
  if (typeof value === "boolean") return [value ? "yes" : "no"];
  return String(value ?? "").trim() ? [String(value).trim()] : [];
}

function isObject(value) { return value !== null && typeof value === "object" && !Array.isArray(value); }

// "Lime: 1" for two fields; with more each is labelled.
function inOneLine(value) {
  const parts = Object.values(value);
  return parts.length <= 2 ? parts.map((one) => lines(one).join(", ")).join(": ") : lines(value).join("; ");
}

function labelOf(name) {
  const words = name.replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1).toLowerCase();
}

function words(value) {
  const found = lines(value);
  if (!Array.isArray(value) && found.length === 1) return found[0];
  return make("ul", {}, ...found.map((one) => make("li", { textContent: one })));
}

function fieldsOf(card, template) {
  const list = make("dl", { className: "fields" });
  const known = template?.schema?.properties ?? {};
  const names = [...Object.keys(known), ...Object.keys(card.fields)].filter((one, n, all) => one in card.fields && all.indexOf(one) === n);
  for (const name of names) {
    if (card.fields[name] === card.name) continue;
    if (!lines(card.fields[name]).length) continue;
    const title = known[name]?.title ?? labelOf(name);
    list.append(make("dt", { textContent: title }), make("dd", {}, words(card.fields[name])));
  }
  return list;
}

async function card() {
  const path = `/studio/cards/${encodeURIComponent(location.pathname.split("/").filter(Boolean).at(-1))}`;
  const found = await asked(path);
  const template = await asked(`/studio/templates/${encodeURIComponent(found.template)}`).catch(() => null);
  document.title = `${found.name} · Orquestra`;
  const said = make("p", { className: "hint", role: "status" });
  const act = (text, work) => {
    const button = make("button", { textContent: text });
    button.addEventListener("click", async () => {
      button.disabled = true;
      try { await work(); } catch (error) { said.textContent = error.message; }
      button.disabled = false;
    });
    return button;
  };
  const pdf = act("PDF", async () => {
    const url = URL.createObjectURL(await (await ask(`${path}/pdf`)).blob());
    make("a", { href: url, download: `${found.name}.pdf` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  });
  const link = (address) => said.replaceChildren(make("a", { href: address, textContent: location.origin + address }));
  const share = act("Share", async () => link((await asked(`${path}/share`, { method: "POST" })).share_url));
  const unshare = act("Close link", async () => {
    await ask(`${path}/share`, { method: "DELETE" });
    said.textContent = "The link leads nowhere any more.";
  });
  const draw = act("Draw again", async () => { await ask(`${path}/image`, { method: "POST" }); await start(card); });
  const remove = act("Delete", async () => {
    if (!confirm(`Delete “${found.name}”?`)) return;
    await ask(path, { method: "DELETE" });
    location.assign("/gallery");
  });
  const state = { drawing: "The picture is being drawn …", failed: `No picture: ${found.image_error}` }[found.image_status] ?? "";
  if (found.share_url) link(found.share_url);
  main.replaceChildren(make("div", { className: "split" },
    make("div", {}, picture(found, "hero"), make("p", { className: "hint", textContent: state })),
    make("div", { className: "sheet-words" }, make("h1", { textContent: found.name }),
      found.note ? make("p", { className: "note", textContent: found.note }) : null,
      fieldsOf(found, template), make("p", { className: "made", textContent: `Written by ${by(found)}` }),
      make("div", { className: "actions" }, pdf, share, unshare, draw, remove), said)));
  if (found.image_status === "drawing") {
    waited(path, 3000, (one) => one.image_status !== "drawing").then(() => start(card), (error) => { said.textContent = error.message; });
  }
}

async function form() {
  const [templates, models] = await Promise.all([asked("/studio/templates"), asked("/models").catch(() => [])]);
  const template = options(make("select"), templates.map((one) => [one.name, one.title]));
  const prompt = make("textarea", { required: true, maxLength: 4000, placeholder: "Something for a rainy Sunday …" });
  const choices = models.map((one) => {
    const box = make("input", { type: "checkbox", value: one.name });
    return make("label", { className: "choice" }, box, one.name);
  });
  const image = make("input", { type: "checkbox", checked: true });
  const button = make("button", { className: "main", textContent: "Make the card" });
  const said = make("p", { className: "problem", role: "alert" });
  const made = make("div", { className: "grid" });
  const fields = make("form", { className: "card form" }, label("Kind", template), label("What shall it be?", prompt),
    choices.length ? make("div", {}, make("p", { className: "hint", textContent: "Models (none: the usual one; up to four, side by side)" }), ...choices) : null,
    make("label", { className: "choice" }, image, "With a picture"), said, button);
  fields.addEventListener("submit", async (event) => {
    event.preventDefault();
    const named = choices.map((one) => one.firstChild).filter((one) => one.checked).map((one) => one.value);
    const body = { template: template.value, prompt: prompt.value, image: image.checked };
    button.disabled = true;
    button.textContent = "Making …";
    said.textContent = "";
    try {
      const answer = await finished(await ask("/studio/cards", { method: "POST", body: named.length ? { ...body, models: named } : body }));
      made.replaceChildren(...(answer.cards ?? [answer]).map(tile));
      made.firstElementChild?.focus();
      said.textContent = (answer.failed ?? []).map((one) => `${one.model}: ${one.message}`).join(" ");
    } catch (error) { said.textContent = error.message; }
    button.disabled = false;
    button.textContent = "Make the card";
  });
  main.replaceChildren(make("h1", { textContent: "New card" }), fields, made);
  prompt.focus();
}

start({ gallery, card, new: form }[document.body.dataset.page]);
