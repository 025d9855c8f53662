/** A digraph as something to look at. Names are anybody's text: each format escapes them, and control characters are shown, not sent. */
import { PermanentError } from "../schema/errors.ts";
import type { Digraph } from "./digraph.ts";

/** The forms in which a digraph can be drawn. */
export const PICTURE_FORMATS = ["table", "mermaid", "dot", "svg", "json"] as const;
export type PictureFormat = (typeof PICTURE_FORMATS)[number];

/** Within these limits layout takes at most some seconds (100 outputs with 765 references: 3.7 s); beyond them it grows without use. */
const MOST_EDGES_OF_SVG = 1000;
const MOST_NODES_OF_SVG = 500;

/** The digraph in a format, ending in a line break; svg is the bare element, so that a page can hold it. Throws PermanentError "limit_exceeded" for an svg of more than 500 outputs or 1,000 references; every other format has no limit. */
export async function drawDigraph(digraph: Digraph, format: PictureFormat): Promise<string> {
  switch (format) {
    case "table":
      return drawTable(digraph);
    case "mermaid":
      return drawMermaid(digraph);
    case "dot":
      return drawDot(digraph);
    case "svg":
      return drawSvg(digraph);
    case "json":
      return `${JSON.stringify(digraph, undefined, 2)}\n`;
  }
}

/** Control characters, line breaks and direction marks as \u{…}, so that they act neither in a terminal nor in a picture. */
function visible(name: string): string {
  return name.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** One line an output: wave from 1, name, what it needs; then the cycles. Columns by code points. */
function drawTable(digraph: Digraph): string {
  const needs = new Map<string, string[]>();
  for (const [dependency, dependent] of digraph.edges) needs.set(dependent, [...(needs.get(dependent) ?? []), visible(dependency)]);
  const rows = digraph.waves.flatMap((wave, index) => wave.map((name) => [String(index + 1), visible(name), needs.get(name)?.join(", ") ?? "-"]));
  const table = [["wave", "output", "needs"], ...rows];
  const widths = [0, 1].map((column) => Math.max(...table.map((row) => Array.from(row[column] ?? "").length)));
  const pad = (text: string, width: number) => text + " ".repeat(Math.max(0, width - Array.from(text).length));
  const lines = table.map(([wave = "", output = "", need = ""]) => `${pad(wave, widths[0] ?? 0)}  ${pad(output, widths[1] ?? 0)}  ${need}`);
  const cycles = digraph.cycles.map((members) => `cycle: ${members.map(visible).join(", ")} (these run by sequence_number)`);
  return `${[...lines, ...cycles].join("\n")}\n`;
}

/** Each node's name in the source of a picture: n0, n1 … in the request's order. */
function identifiers(digraph: Digraph): (name: string) => string {
  const ids = new Map(digraph.nodes.map((name, index) => [name, `n${index}`]));
  return (name) => ids.get(name) ?? "";
}

/** Mermaid reads #code; inside quotes; everything that could end the label, mark it up or be HTML is written so. */
function mermaidText(name: string): string {
  return visible(name).replace(/[^\p{L}\p{M}\p{N} _.,:-]/gu, (character) => `#${character.codePointAt(0)};`);
}

function drawMermaid(digraph: Digraph): string {
  const id = identifiers(digraph);
  const lines = [
    "flowchart LR",
    ...digraph.nodes.map((name) => `  ${id(name)}["${mermaidText(name)}"]`),
    ...digraph.edges.map(([dependency, dependent]) => `  ${id(dependency)} --> ${id(dependent)}`),
    ...digraph.droppedEdges.map(([dependency, dependent]) => `  ${id(dependency)} -.-> ${id(dependent)}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** A quoted DOT string: backslashes are doubled because labels have escapes of their own, and & because Graphviz reads HTML entities. */
function dotText(name: string): string {
  return `"${visible(name).replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("&", "&amp;")}"`;
}

function drawDot(digraph: Digraph): string {
  const id = identifiers(digraph);
  const lines = [
    "digraph outputs {",
    "  rankdir=LR;",
    '  node [shape=box, style=rounded, fontname="sans-serif"];',
    ...digraph.nodes.map((name) => `  ${id(name)} [label=${dotText(name)}];`),
    ...digraph.edges.map(([dependency, dependent]) => `  ${id(dependency)} -> ${id(dependent)};`),
    ...digraph.droppedEdges.map(([dependency, dependent]) => `  ${id(dependency)} -> ${id(dependent)} [style=dashed, constraint=false];`),
    "}",
  ];
  return `${lines.join("\n")}\n`;
}

async function drawSvg(digraph: Digraph): Promise<string> {
  const edges = digraph.edges.length + digraph.droppedEdges.length;
  if (digraph.nodes.length > MOST_NODES_OF_SVG || edges > MOST_EDGES_OF_SVG) {
    throw new PermanentError(
      "limit_exceeded",
      `an svg of ${digraph.nodes.length} outputs and ${edges} references would take too long (limits ${MOST_NODES_OF_SVG} and ${MOST_EDGES_OF_SVG}); use the format dot, mermaid, table or json`,
    );
  }
  const { instance } = await import("@viz-js/viz");
  const svg = (await instance()).renderString(drawDot(digraph), { format: "svg" });
  return svg.slice(svg.indexOf("<svg"));
}
