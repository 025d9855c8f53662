import { describe, expect, test } from "vitest";
import { buildDigraph } from "../../lib/agents/digraph.ts";
import { drawDigraph, PICTURE_FORMATS } from "../../lib/agents/picture.ts";

const output = (name: string, prompt: string) => ({ name, prompt, promptx: undefined, active: undefined, sequence_number: undefined });
const HOSTILE = '"]<script>&amp;\\N\u001b[31m\n`#';
const digraph = buildDigraph([output("vendor", "x"), output(HOSTILE, "{{vendor}}"), output("first", "{{second}}"), output("second", "{{first}} {{vendor}}")]);

describe("drawDigraph", () => {
  test("table: waves, names, needs and cycles in columns, nothing that acts on a terminal", async () => {
    expect(await drawDigraph(buildDigraph([output("net", "x"), output("gross amount", "{{net}}")]), "table")).toBe(
      "wave  output        needs\n1     net           -\n2     gross amount  net\n",
    );
    const table = await drawDigraph(digraph, "table");
    expect(table).not.toContain("\u001b");
    expect(table.split("\n")).toHaveLength(7);
    expect(table).toContain("cycle: first, second");
  });

  test("mermaid: labels have nothing but letters, digits and codes", async () => {
    const lines = (await drawDigraph(digraph, "mermaid")).trimEnd().split("\n");
    expect(lines[0]).toBe("flowchart LR");
    for (const line of lines.slice(1)) expect(line).toMatch(/^ {2}n\d+(?:\["[\p{L}\p{N} _.,:#;-]*"\]| --> n\d+| -\.-> n\d+)$/u);
    expect(lines).toContain("  n3 -.-> n2");
  });

  test("dot: quotes and backslashes cannot end a label", async () => {
    const dot = await drawDigraph(digraph, "dot");
    expect(dot).toContain('n1 [label="\\"]<script>&amp;amp;\\\\N');
    expect(dot).toContain("n3 -> n2 [style=dashed, constraint=false];");
  });

  test("svg: one element, the names as text", async () => {
    const svg = await drawDigraph(digraph, "svg");
    expect(svg).toMatch(/^<svg /);
    expect(svg.trimEnd()).toMatch(/<\/svg>$/);
    expect(svg).toContain("&lt;script&gt;&amp;amp;\\N");
    expect(svg).not.toContain("<script");
  });

  test("json: the digraph itself", async () => {
    expect(JSON.parse(await drawDigraph(digraph, "json"))).toEqual(digraph);
  });

  test("an empty digraph has a picture in every format", async () => {
    for (const format of PICTURE_FORMATS) expect(await drawDigraph(buildDigraph([]), format)).toMatch(/\n$/);
  });

  test("an svg that would take too long is refused with what to do", async () => {
    const many = buildDigraph(Array.from({ length: 501 }, (_, index) => output(`n${index}`, "x")));
    await expect(drawDigraph(many, "svg")).rejects.toMatchObject({ code: "limit_exceeded", message: expect.stringContaining("use the format dot") });
    expect(await drawDigraph(many, "mermaid")).toContain("n500");
  });
});
