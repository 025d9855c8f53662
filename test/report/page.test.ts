import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { drawnBoxes } from "../../lib/report/boxes.ts";
import { escapeText } from "../../lib/report/html.ts";
import { labelBox, labelSide } from "../../lib/report/labels.ts";
import { reportPage } from "../../lib/report/page.ts";
import type { PageImage } from "../../lib/report/page-images.ts";
import { SCRIPT } from "../../lib/report/script.ts";
import type { DocumentText } from "../../lib/schema/document.ts";
import type { RunResult } from "../../lib/schema/result.ts";
import { citation, output, pagedDocument, runResult } from "./support.ts";

const IMAGE: PageImage = { page: 1, width: 100, height: 140, type: "image/png", bytes: Uint8Array.from([1, 2, 3]) };
const IMAGES = new Map([[1, IMAGE]]);

/** Tags with the names of their attributes, in order: what a browser builds, without any text. */
function skeleton(page: string): string[] {
  const body = page.replace(/<(style|script)>[\s\S]*?<\/\1>/g, "<$1></$1>");
  return [...body.matchAll(/<(\/?[a-z][a-z0-9]*)((?:\s+[a-z-]+(?:="[^"]*")?)*)\s*\/?>/gi)].map(
    ([, name = "", attributes = ""]) => `${name} ${[...attributes.matchAll(/\s([a-z-]+)(?:="[^"]*")?/gi)].map((match) => match[1]).join(" ")}`,
  );
}

function attributes(page: string, name: string): string[] {
  return [...page.matchAll(new RegExp(`\\s${name}="([^"]*)"`, "g"))].map((match) => match[1] ?? "");
}

const EVIL = [
  "<script>alert(1)</script>",
  `"><img src=x onerror=alert(1)>`,
  "' onmouseover='x",
  "</style><b>",
  "<!--",
  "]]>",
  "$`{1}",
  "\u202egnp.exe",
  "\u0000\u0007\u001b[31m",
  "\ud800",
  "&lt;",
  "</script>",
];

/** A result and document in which every text that comes from outside is `text`. */
function filledWith(text: string): { result: RunResult; document: DocumentText } {
  const word = text.replace(/\s/g, "_");
  const document = pagedDocument([`${word} quote`, `${word} quote`]);
  const result = runResult(
    {
      [text]: output({
        value: text,
        citations: [citation({ quote: text })],
        reasoning: text,
        alternatives: [text],
        scores: { [text]: 0.5 },
        score_reasons: { [text]: text },
        pii: [{ kind: text, at: text, start: 0, end: 1 }],
        grade: "good",
        attempts: 2,
      }),
      [`${text}2`]: output({ value: [{ [text]: text }], type: "table", citations: [citation({ page: 2, quote: word, boxes: [] })] }),
      [`${text}3`]: output({ value: { [text]: [text] }, type: "json", status: "uncertain", reasoning: text }),
      [`${text}4`]: output({ value: null, status: "failed", error: { code: text, message: text } }),
      [`${text}5`]: output({ value: [text, 1] as (string | number)[], citations: [citation({ quote: word, cell: text, boxes: [] })] }),
      [`${text}6`]: output({ value: null, status: "absent", reasoning: text }),
    },
    {
      run_id: text,
      file: { name: text, sha256: text, bytes: 1, pages: 2, language: text },
      usage: {
        by_stage: { [text]: { input_tokens: 1, output_tokens: 1 } },
        by_model: { [text]: { input_tokens: 1, output_tokens: 1, cost_usd: 1 } },
        input_tokens: 1,
        output_tokens: 1,
      },
      issues: [{ code: text, message: text, output: text, stage: text }],
      storage_location: text,
      execution_summary: { [text]: text },
    },
  );
  return { result, document };
}

it("says why a score is low, and which kinds of personal data nobody asked for, without showing them", () => {
  const value = output({
    scores: { faithfulness: 0.4, correctness: 1 },
    score_reasons: { faithfulness: "the cited text has other numbers", correctness: "a number" },
    pii: [{ kind: "EMAIL_ADDRESS", at: "/0", start: 0, end: 9 }],
  });
  const page = reportPage({ result: runResult({ total: value }), document: pagedDocument(["Total 5"]), images: new Map() });
  expect(page).toContain("the cited text has other numbers");
  expect(page).not.toContain("a number</dd>");
  expect(page).toContain("Personal data that was not asked for: EMAIL_ADDRESS");
});

describe("untrusted text", () => {
  const plain = skeleton(reportPage({ ...filledWith("plain"), images: IMAGES, title: "plain" }));

  it.each(EVIL)("changes no tag and no attribute: %j", (text) => {
    const page = reportPage({ ...filledWith(text), images: IMAGES, title: text });
    expect(skeleton(page)).toEqual(plain);
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page.match(/<\/style>/g)).toHaveLength(2);
    expect(page).not.toMatch(/[\u202a-\u202e\u2066-\u2069]|(?![\n\t])\p{Cc}|\p{Cs}/u);
  });

  it("is shown as it is, with hidden characters made visible", () => {
    expect(escapeText(`<b class="x">&'\``)).toBe("&lt;b class=&quot;x&quot;&gt;&amp;&#39;&#96;");
    expect(escapeText("a\u202eb\u2066c\u200fd\u0000e\r\nf\tg")).toBe("a[U+202E]b[U+2066]cd\ufffde\nf\tg");
    expect(escapeText("😀")).toBe("😀");
  });
});

describe("the page", () => {
  const { result, document } = filledWith("plain");
  const page = reportPage({ result, document, images: IMAGES });

  it("allows only its own style and script, by hash", () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? "";
    const hashes = [...page.matchAll(/<(?:style|script)>([\s\S]*?)<\/(?:style|script)>/g)].map(
      (match) =>
        `'sha256-${createHash("sha256")
          .update(match[1] ?? "")
          .digest("base64")}'`,
    );
    expect(hashes).toHaveLength(3);
    expect(policy).toBe(`default-src 'none'; img-src data:; style-src ${hashes[0]} ${hashes[1]}; script-src ${hashes[2]}; base-uri 'none'; form-action 'none'`);
    expect(page).not.toMatch(/\sstyle=|\son[a-z]+=/);
  });

  it("needs nothing from outside", () => {
    expect(attributes(page, "href").every((address) => address.startsWith("#"))).toBe(true);
    expect(attributes(page, "src").every((address) => address.startsWith("data:image/png;base64,"))).toBe(true);
    expect(page).not.toMatch(/https?:|url\(|@import|<(link|iframe|object|embed|form|base)\b/);
  });

  it("has unique ids, and a target for every link and label", () => {
    const ids = attributes(page, "id");
    expect(new Set(ids).size).toBe(ids.length);
    const targets = [...attributes(page, "href").map((address) => address.slice(1)), ...attributes(page, "aria-labelledby")];
    expect(targets.filter((target) => !ids.includes(target))).toEqual([]);
  });

  it("is the same for the same input", () => {
    expect(reportPage({ result, document, images: IMAGES })).toBe(page);
  });

  it("has a script that parses", () => {
    expect(() => new Function(SCRIPT)).not.toThrow();
  });
});

describe("values and places", () => {
  const document = pagedDocument(["Total due 12.50", "Name Ada"]);
  const total = { left: 0.1, top: 0.1, width: 0.05, height: 0.02 };
  const result = runResult({
    total: output({ value: 12.5, type: "number", citations: [citation({ boxes: [total, { ...total, left: 0.5 }] })] }),
    again: output({
      value: 12.5,
      type: "number",
      citations: [citation({ boxes: [total] }), citation({ page: 2, quote: "Name Ada", boxes: [], match: "fuzzy" })],
    }),
    spanning: output({ citations: [citation({ boxes: [total, { ...total, page: 2 }] })] }),
    lost: output({ value: "?", status: "uncertain" }),
  });

  it("lead to each other, over image and text", () => {
    const page = reportPage({ result, document, images: IMAGES });
    const cites = [...page.matchAll(/<a class="cite" href="#(place-(\d+)-(\d+))" data-value="(\d+)" data-citation="(\d+)"/g)];
    expect(cites.map(([, , value, number]) => `${value}/${number}`)).toEqual(["1/1", "2/1", "2/2", "3/1"]);
    for (const [, place, value] of cites) {
      const around = new RegExp(`<a class="(?:box|mark)[^>]*href="#value-${value}"[^>]*>(?:<span[^>]*>\\d+</span>)*`);
      const at = page.indexOf(`id="${place}"`);
      expect(at).toBeGreaterThan(0);
      expect(page.slice(at - 300, at + 300)).toMatch(around);
    }
    const owners = [...page.matchAll(/class="box [^>]*href="#value-(\d+)" data-value="(\d+)"/g)];
    expect(owners.map(([, target, value]) => [target, value])).toEqual(["1", "1", "2", "3"].map((value) => [value, value]));
  });

  it("are numbered on the first box and on those far from it", () => {
    const near = { ...total, top: 0.13 };
    const far = { ...total, left: 0.8 };
    const page = reportPage({ result: runResult({ a: output({ citations: [citation({ boxes: [total, near, far] })] }) }), document, images: IMAGES });
    const boxes = [...page.matchAll(/<a class="box[^>]*>(<span class="tag)?/g)];
    expect(boxes.map((match) => match[1] !== undefined)).toEqual([true, false, true]);
    expect(attributes(page, "id").filter((id) => id === "place-1-1")).toHaveLength(1);
  });

  it("show the proof in words: exact, fuzzy, not found", () => {
    const page = reportPage({ result, document, images: IMAGES });
    expect([...page.matchAll(/class="proof is-([a-z]+)"/g)].map((match) => match[1])).toEqual(["exact", "exact", "fuzzy", "exact", "none"]);
  });

  it("are found by their words on a page without image", () => {
    const page = reportPage({
      result: runResult({
        who: output({ citations: [citation({ page: 2, quote: "Name Ada", boxes: [{ left: 0.04, top: 0.09, width: 0.06, height: 0.04 }] })] }),
      }),
      document,
      images: new Map(),
    });
    expect(page).toMatch(/Name <span id="place-1-1"><\/span><a class="mark[^>]*><span class="tag[^>]*>1<\/span>Ada<\/a>/);
    expect(page).toContain("Shown as text");
  });

  it("are marked by range in a document without pages, and only around the citation when it is long", () => {
    const filler = "filler words ".repeat(2000);
    const text = `${filler}\nNumber 4711\n${filler}`;
    const start = text.indexOf("4711");
    const long = pagedDocument([text], "text");
    const page = reportPage({
      result: runResult({ number: output({ citations: [{ quote: "4711", match: "exact", boxes: [], range: [start, start + 4] }] }) }),
      document: long,
      images: new Map(),
    });
    expect(page).toContain(">1</span>4711</a>");
    expect(page).toContain('href="#place-1-1"');
    expect(page).toContain("Only the passages around the citations");
    expect(page.length).toBeLessThan(40_000);
  });

  it("survive a result without any citation", () => {
    const page = reportPage({ result: runResult({ a: output({ status: "absent", value: null }) }), document, images: new Map() });
    expect(page).toContain("Not in the document");
    expect(page).toContain("no page to show");
  });
});

describe("boxes", () => {
  const page = { width: 595, height: 842 };

  it.each([
    [{ left: -0.5, top: -0.5, width: 3, height: 3 }],
    [{ left: 0.9, top: 0.99, width: 0.5, height: 0.5 }],
    [{ left: 0, top: 0, width: 0.01, height: 0.01 }],
    [{ left: 1.5, top: 0.1, width: 0.1, height: 0.1 }],
    [{ left: Number.NaN, top: 0.1, width: 0.1, height: 0.1 }],
    [{ left: 0.5, top: 0.1, width: -0.1, height: 0.1 }],
  ])("lie on the page: %j", (box) => {
    for (const { left, top, width, height } of drawnBoxes([box], page)) {
      expect(Math.min(left, top)).toBeGreaterThanOrEqual(0);
      expect(left + width).toBeLessThanOrEqual(1.000001);
      expect(top + height).toBeLessThanOrEqual(1.000001);
    }
    const styled = reportPage({
      result: runResult({ a: output({ citations: [citation({ boxes: [box] })] }) }),
      document: pagedDocument(["a"]),
      images: IMAGES,
    });
    const places = [...styled.matchAll(/\{left:([\d.]+)%;top:([\d.]+)%;width:([\d.]+)%;height:([\d.]+)%\}/g)].map((match) => match.slice(1).map(Number));
    for (const [left = -1, top = -1, width = -1, height = -1] of places) {
      expect(Math.min(left, top, width, height)).toBeGreaterThanOrEqual(0);
      expect(Math.max(left + width, top + height)).toBeLessThanOrEqual(100.01);
    }
    expect(places).toHaveLength(drawnBoxes([box], page).length);
  });

  it("of neighbouring words are one, of other columns and lines are their own", () => {
    const word = { left: 0.1, top: 0.1, width: 0.05, height: 0.02 };
    expect(drawnBoxes([word, { ...word, left: 0.16 }], page)).toHaveLength(1);
    expect(drawnBoxes([word, { ...word, left: 0.6 }], page)).toHaveLength(2);
    expect(drawnBoxes([word, { ...word, top: 0.14 }], page)).toHaveLength(2);
  });

  it("carry their number where it hides nothing", () => {
    const box = { left: 0.5, top: 0.5, width: 0.1, height: 0.02 };
    const before = { left: 0.45, top: 0.5, width: 0.049, height: 0.02 };
    expect(labelSide(box, [], page)).toBe("left");
    expect(labelSide(box, [before], page)).toBe("right");
    expect(labelSide({ ...box, left: 0 }, [], page)).toBe("right");
    expect(labelSide(box, [before, labelBox(box, "right", page)], page)).toBe("above");
    expect(labelSide(box, [{ left: 0, top: 0, width: 1, height: 1 }], page)).toBe("inside");
  });
});
