/** Results and documents made by hand for the report's tests. */
import { deflateSync } from "node:zlib";
import type { Raster } from "../../lib/report/png.ts";
import type { DocumentText } from "../../lib/schema/document.ts";
import type { Citation, OutputResult, RunResult } from "../../lib/schema/result.ts";

const NO_USAGE = { input_tokens: 0, output_tokens: 0 };

export function output(partial: Partial<OutputResult>): OutputResult {
  return {
    value: "x",
    type: "text",
    status: "extracted",
    citations: [],
    alternatives: [],
    scores: {},
    reasoning: "",
    attempts: 1,
    usage: NO_USAGE,
    ...partial,
  };
}

export function runResult(outputs: Readonly<Record<string, OutputResult>>, partial: Partial<RunResult> = {}): RunResult {
  return {
    run_id: "run-1",
    status: "completed",
    file: { name: "file.pdf", sha256: "0".repeat(64), bytes: 1234, pages: 1, language: "en" },
    outputs,
    usage: { by_stage: {}, by_model: {}, ...NO_USAGE },
    issues: [],
    artifacts: {},
    final_output: {},
    storage_location: "here",
    execution_summary: {},
    ...partial,
  };
}

/** A document of one line of words on each page, with boxes: word i of a page stands at i tenths from the left. */
export function pagedDocument(pages: readonly string[], kind: "pages" | "text" = "pages"): DocumentText {
  const words: DocumentText["words"] = [];
  const view: DocumentText["layout"] = { text: "", words: [], starts: [] };
  const ranges = pages.map((line, pageIndex): [number, number] => {
    const start = view.text.length;
    for (const match of line.matchAll(/\S+/g)) {
      const box = { left: (match.index % 80) / 100, top: 0.1, width: match[0].length / 100, height: 0.02 };
      view.words.push(words.length);
      view.starts.push(start + match.index);
      words.push({ text: match[0], page: pageIndex + 1, ...(kind === "pages" ? { box } : {}) });
    }
    view.text += pageIndex === pages.length - 1 ? line : `${line}\n\n`;
    return [start, start + line.length];
  });
  const sizes = ranges.map((range, index) => ({ number: index + 1, width: 595, height: 842, layout: range, reading: range }));
  return { v: 1, kind, parser: "test", language: "en", words, pages: sizes, layout: view, reading: view };
}

export function citation(partial: Partial<Citation>): Citation {
  return { page: 1, quote: "quote", match: "exact", boxes: [{ left: 0.1, top: 0.1, width: 0.2, height: 0.02 }], ...partial };
}

function chunk(name: string, data: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, Buffer.from(name), data, Buffer.alloc(4)]);
}

const COLOUR_TYPES = { 1: 0, 2: 4, 3: 2, 4: 6 } as const;

/** A PNG with the same line filter on every line; its checksums are not filled in. */
export function encodePng({ width, height, channels, pixels }: Raster, filter: 0 | 1 | 2 | 3 | 4 = 0): Uint8Array {
  const stride = width * channels;
  const rows = Buffer.alloc((stride + 1) * height);
  const at = (row: number, column: number) => (row < 0 || column < 0 ? 0 : (pixels[row * stride + column] ?? 0));
  for (let row = 0; row < height; row++) {
    rows[row * (stride + 1)] = filter;
    for (let column = 0; column < stride; column++) {
      const [left, up, corner] = [at(row, column - channels), at(row - 1, column), column < channels ? 0 : at(row - 1, column - channels)];
      const nearest = [left, up, corner].sort((a, b) => Math.abs(left + up - corner - a) - Math.abs(left + up - corner - b))[0] ?? 0;
      const prediction = [0, left, up, Math.floor((left + up) / 2), nearest][filter] ?? 0;
      rows[row * (stride + 1) + 1 + column] = (at(row, column) - prediction) & 255;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, COLOUR_TYPES[channels], 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", deflateSync(rows, { level: 1 })), chunk("IEND", Buffer.alloc(0))]);
}

/** Pixels of noise, always the same. */
export function noise(width: number, height: number, channels: 1 | 2 | 3 | 4 = 3): Raster {
  const pixels = new Uint8Array(width * height * channels);
  let state = 12345;
  for (let index = 0; index < pixels.length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    pixels[index] = state >>> 24;
  }
  return { width, height, channels, pixels };
}

/** A white page with black bars, like text. */
export function textLike(width: number, height: number): Raster {
  const pixels = new Uint8Array(width * height * 3).fill(255);
  for (let row = 0; row < height; row += 12) pixels.fill(0, row * width * 3, (row * width + Math.floor(width / 2)) * 3);
  return { width, height, channels: 3, pixels };
}
