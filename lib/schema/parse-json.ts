/** JSON text from a person's file: a syntax error says at which line and column, whatever Node's version says. */
import { type ErrorCode, PermanentError } from "./errors.ts";

const BLANKS = /[ \t\n\r]*/y;
const LITERAL = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.])/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

interface Token {
  kind: "punctuation" | "string" | "literal" | "end" | "wrong";
  text: string;
  at: number;
  next: number;
}

/** The offset behind what a sticky pattern matches at `from`, or undefined. */
function behind(pattern: RegExp, text: string, from: number): number | undefined {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

/** A string's end, or where it stops being one. By hand: a pattern with a loop would need stack for a string of megabytes. */
function readString(text: string, from: number): { end: number; right: boolean } {
  for (let at = from + 1; at < text.length; ) {
    const character = text.charAt(at);
    if (character === '"') return { end: at + 1, right: true };
    const next = character === "\\" ? behind(ESCAPE, text, at) : character < " " ? undefined : at + 1;
    if (next === undefined) return { end: at, right: false };
    at = next;
  }
  return { end: text.length, right: false };
}

function readToken(text: string, from: number): Token {
  const at = behind(BLANKS, text, from) ?? from;
  const first = text.charAt(at);
  if (first === "") return { kind: "end", text: "", at, next: at };
  if ("{}[]:,".includes(first)) return { kind: "punctuation", text: first, at, next: at + 1 };
  if (first === '"') {
    const { end, right } = readString(text, at);
    return right ? { kind: "string", text: '"', at, next: end } : { kind: "wrong", text: "", at: end, next: end };
  }
  const end = behind(LITERAL, text, at);
  return end === undefined ? { kind: "wrong", text: first, at, next: at } : { kind: "literal", text: first, at, next: end };
}

type Expected = "value" | "first value" | "key" | "first key" | "colon" | "comma" | "end";
const WANTED: Record<Expected, string> = {
  value: "a value",
  "first value": "a value or ]",
  key: 'a key in "double quotes"',
  "first key": 'a key in "double quotes" or }',
  colon: "a colon",
  comma: "a comma or the closing bracket",
  end: "the end of the file",
};

/** What may come after `token`; undefined when the token itself is not allowed here. `open` is the stack of open brackets, changed in place. */
function advance(expected: Expected, token: Token, open: string[]): Expected | undefined {
  const after = (): Expected => (open.length === 0 ? "end" : "comma");
  if (token.text === "}" && open.at(-1) === "{" && (expected === "first key" || expected === "comma")) {
    open.pop();
    return after();
  }
  if (token.text === "]" && open.at(-1) === "[" && (expected === "first value" || expected === "comma")) {
    open.pop();
    return after();
  }
  if (expected === "key" || expected === "first key") return token.kind === "string" ? "colon" : undefined;
  if (expected === "colon") return token.text === ":" ? "value" : undefined;
  if (expected === "comma") return token.text !== "," ? undefined : open.at(-1) === "{" ? "key" : "value";
  if (expected === "end") return undefined;
  if (token.kind === "string" || token.kind === "literal") return after();
  if (token.text !== "{" && token.text !== "[") return undefined;
  open.push(token.text);
  return token.text === "{" ? "first key" : "first value";
}

/** Where the first syntax error of a JSON text is (UTF-16 offset) and what would have been right; undefined for valid JSON. Linear time. */
export function findJsonError(text: string): { at: number; wanted: string } | undefined {
  const open: string[] = [];
  let expected: Expected = "value";
  for (let from = 0; ; ) {
    const token = readToken(text, from);
    if (token.kind === "end" && expected === "end") return undefined;
    const next: Expected | undefined = token.kind === "end" || token.kind === "wrong" ? undefined : advance(expected, token, open);
    if (next === undefined) return { at: token.at, wanted: token.kind === "wrong" && token.text === "" ? "the rest of a string" : WANTED[expected] };
    expected = next;
    from = token.next;
  }
}

/** The line and column, both from 1, of an offset. */
export function lineAndColumn(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at).split(/\r\n|\n|\r/);
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

/** The value of the JSON text in the file `name`. Throws PermanentError with `code` that says where the text stops being JSON. */
export function parseJson(bytes: Uint8Array, name: string, code: ErrorCode): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new PermanentError(code, `${name} is not UTF-8 text. Save it as UTF-8.`, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    const error = findJsonError(text) ?? { at: text.length, wanted: "JSON" };
    const { line, column } = lineAndColumn(text, error.at);
    const found = error.at >= text.length ? "the file ends" : `there is ${JSON.stringify(text.charAt(error.at))}`;
    throw new PermanentError(code, `${name} is not valid JSON: line ${line}, column ${column}: ${found} where ${error.wanted} is needed.`, { cause });
  }
}
