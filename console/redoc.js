// Redoc on this server's own description, in the reader's system fonts (its own come from a font service).
"use strict";

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';

window.Redoc.init(
  "/openapi.json",
  {
    scrollYOffset: ".bar",
    hideDownloadButton: false,
    nativeScrollbars: true,
    theme: {
      colors: { primary: { main: "#0b6e63" } },
      typography: {
        fontFamily: FONT,
        headings: { fontFamily: FONT },
        code: { fontFamily: "ui-monospace, Menlo, Consolas, monospace" },
      },
    },
  },
  document.getElementById("redoc"),
);
