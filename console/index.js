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
  list.replaceChildren(...checks.flatMap(row));
}

// A dependency's state is "ready" or the machine code of what is wrong with it.
function row([name, state]) {
  const term = document.createElement("dt");
  const detail = document.createElement("dd");
  term.textContent = name;
  detail.textContent = state;
  detail.dataset.state = state === "ready" ? "up" : "down";
  return [term, detail];
}

async function ask() {
  try {
    const answer = await fetch("/health/ready", { cache: "no-store", signal: AbortSignal.timeout(8_000) });
    const body = await answer.json();
    show(answer.ok ? "up" : "down", Object.entries(body.dependencies));
  } catch {
    show("lost", []);
  }
}

setInterval(() => { if (!document.hidden) ask(); }, EVERY_MS);
document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
ask();
