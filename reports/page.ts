import { createHash } from "node:crypto";

import type { Html, HtmlValue } from "./html.ts";
import { html, trusted } from "./html.ts";
import { style } from "./style.ts";

export interface Section {
  /** Anchor; letters, digits and dashes. */
  id: string;
  title: string;
  body: HtmlValue;
}

export interface Page {
  title: string;
  subtitle: HtmlValue;
  /** Stands above everything: the verdict and the figures that support it. */
  summary: HtmlValue;
  sections: readonly Section[];
  footer: HtmlValue;
}

/** Nothing may be fetched and nothing run; the one style sheet is known by its hash, pictures stand in the page. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const styleSheet = trusted(`<style>${style}</style>`);

/**
 * A page in one file that needs no network, no script and no file beside it; light, dark and on paper.
 * Equal contents give equal bytes: no time and no chance enters.
 */
export function page({ title, subtitle, summary, sections, footer }: Page): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        ${styleSheet}
      </head>
      <body>
        <header>
          <h1>${title}</h1>
          <p class="subtitle">${subtitle}</p>
        </header>
        <nav aria-label="Sections">
          <ul>
            ${sections.map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li>`)}
          </ul>
        </nav>
        <main>${summary} ${sections.map(section)}</main>
        <footer>${footer}</footer>
      </body>
    </html>`.markup;
}

function section({ id, title, body }: Section): Html {
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${body}
  </section> `;
}
