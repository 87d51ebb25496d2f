import { expect, test } from "vitest";

import { html, trusted } from "../../reports/html.ts";

test("escapes values in text and in attributes, and nothing of the template", () => {
  const name = `<script>alert("x")</script> & 'y'`;

  expect(html`<td title="${name}">${name}</td>`.markup).toBe(
    `<td title="&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;y&#39;">&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;y&#39;</td>`,
  );
});

test("keeps markup as markup, joins lists, and leaves out what is not there", () => {
  const items = ["a", "<b>"].map((item) => html`<b>${item}</b>`);

  expect(html`<p>${items}${null}${undefined}${false}${0}${trusted("<!-- -->")}</p>`.markup).toBe(
    "<p><b>a</b><b>&lt;b&gt;</b>0<!-- --></p>",
  );
});

test("shows control characters, lone surrogates and direction overrides as what they are: nothing to be shown", () => {
  expect(html`${"a\u0000b\u001bc\ud800d\u202ee\nf"}`.markup).toBe("a\ufffdb\ufffdc\ufffdd\ufffde\nf");
  expect(html`${"Ä 🐈 ع"}`.markup).toBe("Ä 🐈 ع");
});

test("drops its own indentation and keeps every space of values", () => {
  const indented = html`<div>
    <p>${"a:\n    b: 1"}</p>
  </div>`;

  expect(indented.markup).toBe("<div>\n<p>a:\n    b: 1</p>\n</div>");
});
