/** Makes documents by hand for the tests of the local extractor: lines of text on a grid of characters. */

import type { Reading } from "../../../lib/adapters/contract.ts";
import { createLocalExtractor } from "../../../lib/adapters/llm/local.ts";
import type { DocumentText, Page, Word } from "../../../lib/schema/document.ts";
import type { OutputType } from "../../../lib/schema/request.ts";

const CHARACTER = 6;
const LINE = 12;
const WIDTH = 612;
const HEIGHT = 792;

/** A document of pages whose lines stand on a grid: each character is 6 points wide, each line 12 points high (the glyphs 10). */
export function gridPages(...pages: string[]): DocumentText {
  const words: Word[] = [];
  const starts: number[] = [];
  const made: Page[] = [];
  let text = "";
  pages.forEach((page, index) => {
    const from = text.length;
    page
      .replace(/^\n/, "")
      .split("\n")
      .forEach((line, row) => {
        for (const match of line.matchAll(/\S+/g)) {
          const box = {
            left: (match.index * CHARACTER) / WIDTH,
            top: (row * LINE) / HEIGHT,
            width: (match[0].length * CHARACTER) / WIDTH,
            height: 10 / HEIGHT,
          };
          words.push({ text: match[0], page: index + 1, box });
          starts.push(text.length + match.index);
        }
        text += `${line}\n`;
      });
    made.push({ number: index + 1, width: WIDTH, height: HEIGHT, layout: [from, text.length], reading: [from, text.length] });
  });
  const view = { text, words: words.map((_, index) => index), starts };
  return { v: 1, kind: "pages", parser: "test", language: "en", words, pages: made, layout: view, reading: view };
}

/** The same words without boxes, as from a plain text file. */
export function withoutBoxes(document: DocumentText): DocumentText {
  return { ...document, kind: "text", words: document.words.map(({ text, page }) => ({ text, page })) };
}

const extractor = createLocalExtractor();

/** All readings of a question. `given` are texts of the prompt that earlier answers put there. */
export function ask(document: DocumentText, prompt: string, type: OutputType = "text", given: readonly string[] = []): readonly Reading[] {
  return extractor.extract({ prompt, given, type, document, focus: [] });
}

/** The best reading's raw value; undefined where there is none. */
export function best(document: DocumentText, prompt: string, type: OutputType = "text", given: readonly string[] = []): Reading["raw"] | undefined {
  return ask(document, prompt, type, given)[0]?.raw;
}
