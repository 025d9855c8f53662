/** Plain text files as documents: one page, no boxes, both views the text itself. */
import type { DocumentText, Word } from "../schema/document.ts";
import { detectLanguage } from "./language.ts";
import { utf16Of } from "./sniff.ts";

/** Encodings that a file may name, beside those that its bytes show. */
const NAMED = new Set([
  "iso-8859-1",
  "iso-8859-2",
  "iso-8859-15",
  "windows-1250",
  "windows-1251",
  "windows-1252",
  "koi8-r",
  "shift_jis",
  "euc-jp",
  "gb18030",
  "gbk",
  "gb2312",
  "big5",
  "euc-kr",
]);

/** The text of bytes: UTF-16 by its mark or its zeros, else UTF-8 where the bytes are that, else in the encoding that the file names, else Windows-1252. Line ends become "\n"; NUL and other control characters are left out. */
export function decodeText(bytes: Uint8Array, named?: string): string {
  const text = decoded(bytes, named);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/\r\n?/g, "\n").replace(/[\u0000-\u0008\u000b\u000e-\u001f\u007f]/g, "");
}

function decoded(bytes: Uint8Array, named: string | undefined): string {
  const utf16 = utf16Of(bytes);
  if (utf16) return new TextDecoder(utf16).decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder(named !== undefined && NAMED.has(named) ? named : "windows-1252").decode(bytes);
  }
}

/** A document over a text. `language` is the user's; without it the text decides. */
export function plainDocument(text: string, parser: string, language?: string): DocumentText {
  const words: Word[] = [];
  const numbers: number[] = [];
  const starts: number[] = [];
  for (const match of text.matchAll(/\S+/g)) {
    numbers.push(words.length);
    starts.push(match.index);
    words.push({ text: match[0], page: 1 });
  }
  const view = { text, words: numbers, starts };
  const whole: [number, number] = [0, text.length];
  return {
    v: 1,
    kind: "text",
    parser,
    language: language ?? detectLanguage(text),
    words,
    pages: [{ number: 1, width: 0, height: 0, layout: whole, reading: whole }],
    layout: view,
    reading: view,
  };
}
