/** Counting tokens as current OpenAI models do (o200k); an estimate for every other model. */
import { createRequire } from "node:module";

type Tokenizer = typeof import("gpt-tokenizer/encoding/o200k_base");

const requireModule = createRequire(import.meta.url);
/** Longer runs of blanks or of anything else are counted in pieces: merging one run takes time quadratic in its length. */
const LONGEST_RUN = 128;
const NOTHING_SPECIAL = { disallowedSpecial: new Set<string>() };

let loaded: Tokenizer | undefined;

/** The vocabulary takes 0.1 s to load, so it waits for the first count. `require` keeps counting synchronous; it returns what the import's types describe. */
function tokenizer(): Tokenizer {
  loaded ??= requireModule("gpt-tokenizer/encoding/o200k_base") as Tokenizer;
  return loaded;
}

function isBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13) || code === 160;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

/**
 * The number of o200k tokens of a text. Text that looks like a special token counts as plain text.
 * Linear in the text's length; exact unless the text has runs of more than 128 blanks or non-blanks, which are counted in pieces.
 */
export function countTokens(text: string): number {
  const { countTokens: count } = tokenizer();
  let total = 0;
  let pieceStart = 0;
  let runStart = 0;
  let runBlank = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    const blank = isBlank(code);
    if (blank !== runBlank) {
      runBlank = blank;
      runStart = index;
    } else if (index - runStart >= LONGEST_RUN && !isLowSurrogate(code)) {
      total += count(text.slice(pieceStart, index), NOTHING_SPECIAL);
      pieceStart = index;
      runStart = index;
    }
  }
  return pieceStart < text.length ? total + count(text.slice(pieceStart), NOTHING_SPECIAL) : total;
}
