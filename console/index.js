// The start page's live state: what /health/ready says, asked again while the page is in view.
"use strict";

const EVERY_MS = 10_000;
const WORDS = { up: "ready", down: "not ready", lost: "no answer" };

const badge = document.getElementById("state");
const list = document.getElementById("checks");

document.getElementById("origin").textContent = location.origin;

function show(state, checks) {
  badge.dataset.state = state;
  badge.textContent = WORDS[state];
  list.replaceChildren(...checks.flatMap(([name, text, good]) => row(name, text, good)));
}

function row(name, text, good) {
  const term = document.createElement("dt");
  const detail = document.createElement("dd");
  term.textContent = name;
  detail.textContent = text;
  detail.dataset.state = good ? "up" : "down";
  return [term, detail];
}

// A dependency is a word ("up") or an object with a word and, where something is wrong, a sentence.
function readCheck([name, value]) {
  const facts = value !== null && typeof value === "object" ? value : { state: value };
  const word = String(facts.state ?? facts.status ?? "unknown");
  const text = facts.message ? `${word}: ${facts.message}` : word;
  return [name, text, ["up", "ok", "ready", "healthy"].includes(word)];
}

async function ask() {
  try {
    const answer = await fetch("/health/ready", { cache: "no-store", signal: AbortSignal.timeout(8_000) });
    const body = await answer.json();
    show(answer.ok ? "up" : "down", Object.entries(body.checks ?? {}).map(readCheck));
  } catch {
    show("lost", []);
  }
}

setInterval(() => { if (!document.hidden) ask(); }, EVERY_MS);
document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
ask();
