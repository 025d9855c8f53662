/** What `prompt-studio eval` runs: folders with a document, its prompts and the right answers. */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { promisedKind } from "../document/sniff.ts";
import { PermanentError } from "../schema/errors.ts";
import type { Json } from "../schema/json.ts";
import { parseJson } from "../schema/parse-json.ts";
import type { ProcessRequest } from "../schema/request.ts";
import type { RequestLimits } from "../schema/validate.ts";
import { whyUnreadable } from "./files.ts";
import { readRequest } from "./prompts.ts";
import { plain } from "./text.ts";

/** A folder's case. `name` is the folder's, told apart where two are called the same. */
export interface EvalCase {
  name: string;
  document: string;
  request: ProcessRequest;
  expected: ReadonlyMap<string, Json>;
}

const PROMPTS = "prompts.json";
const EXPECTED = "expected.json";
/** What people put beside a case. */
const NOT_DOCUMENTS = /^(?:readme|source|licen[cs]e|notice)(?:\.|$)/i;

function refuse(message: string, cause?: unknown): never {
  throw new PermanentError("invalid_request", message, { cause });
}

async function namesIn(folder: string, shown: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause: unknown) => refuse(`The folder ${plain(shown)} cannot be read: ${whyUnreadable(cause)}.`, cause));
  return names.sort();
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
}

/** The folders of cases in a folder: itself, or those directly in it. */
async function caseFolders(folder: string, cwd: string): Promise<string[]> {
  const absolute = resolve(cwd, folder);
  const names = await namesIn(absolute, folder);
  if (names.includes(EXPECTED)) return [absolute];
  const folders: string[] = [];
  for (const name of names) {
    const inner = join(absolute, name);
    if ((await isFolder(inner)) && (await readdir(inner)).includes(EXPECTED)) folders.push(inner);
  }
  if (folders.length === 0)
    refuse(`The folder ${plain(folder)} holds no ${EXPECTED}, and no folder in it does. A case is a folder with a document, ${PROMPTS} and ${EXPECTED}.`);
  return folders;
}

function documentIn(folder: string, names: readonly string[]): string {
  const readable = names.filter((name) => promisedKind(name) !== undefined && name !== PROMPTS && name !== EXPECTED && !NOT_DOCUMENTS.test(name));
  // JSON beside another document is somebody's notes or an earlier result.
  const others = readable.filter((name) => extname(name).toLowerCase() !== ".json");
  const documents = others.length > 0 ? others : readable;
  const [only] = documents;
  if (only === undefined) return refuse(`The folder ${plain(folder)} holds no document.`);
  if (documents.length > 1) return refuse(`The folder ${plain(folder)} holds several documents (${documents.map(plain).join(", ")}). Keep one.`);
  return join(folder, only);
}

async function expectedIn(folder: string, request: ProcessRequest): Promise<ReadonlyMap<string, Json>> {
  const path = join(folder, EXPECTED);
  const bytes = await readFile(path).catch((cause: unknown) => refuse(`${plain(path)} cannot be read: ${whyUnreadable(cause)}.`, cause));
  const value = parseJson(bytes, path, "invalid_request");
  if (value === null || typeof value !== "object" || Array.isArray(value))
    return refuse(`${plain(path)} must be an object with a right answer for each output.`);
  const names = new Set(request.outputs.filter(({ active }) => active !== false).map(({ name }) => name));
  const unknown = Object.keys(value).filter((name) => !names.has(name));
  if (unknown.length > 0) refuse(`${plain(path)} has answers for outputs that ${PROMPTS} does not ask for: ${unknown.slice(0, 10).map(plain).join(", ")}.`);
  if (Object.keys(value).length === 0) refuse(`${plain(path)} has no answers.`);
  return new Map(Object.entries(value as { [name: string]: Json }));
}

/** Every case of the folders, in order. Throws PermanentError "invalid_request" that says which folder lacks what, before anything is run. */
export async function readCases(folders: readonly string[], cwd: string, limits: RequestLimits, llm: string): Promise<EvalCase[]> {
  const paths = [...new Set((await Promise.all(folders.map((folder) => caseFolders(folder, cwd)))).flat())];
  const cases: EvalCase[] = [];
  for (const path of paths) {
    const names = await namesIn(path, path);
    if (!names.includes(PROMPTS)) refuse(`The folder ${plain(path)} has ${EXPECTED}, but no ${PROMPTS}.`);
    const request = await readRequest({ prompts: join(path, PROMPTS) }, cwd, limits, { llm });
    const isTaken = cases.some(({ name }) => name === basename(path));
    cases.push({ name: isTaken ? path : basename(path), document: documentIn(path, names), request, expected: await expectedIn(path, request) });
  }
  return cases;
}
