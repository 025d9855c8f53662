/** `prompt-studio init --from FILE`: prompts for a document that is there, proposed without a model. */
import { stat, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { createLocalExtractor } from "../adapters/llm/local.ts";
import { factsOf } from "../facts/facts.ts";
import { type Proposed, proposePrompts } from "../proposal/propose.ts";
import { formatDocuments, formatPlural } from "../report/format.ts";
import type { DocumentText } from "../schema/document.ts";
import { PermanentError } from "../schema/errors.ts";
import type { Json } from "../schema/json.ts";
import { makeFolder } from "../whole-file.ts";
import type { Context } from "./context.ts";
import { checkDocuments, whyUnreadable } from "./files.ts";
import { quoted } from "./quoted.ts";
import { readText } from "./reading.ts";
import { valueText } from "./result-text.ts";
import { EXIT } from "./surroundings.ts";
import { plain, table } from "./text.ts";

const PROMPTS_FILE = "prompts.json";

/** Reads the document, writes the prompts that it answers to the folder, and prints what it found. Refuses to overwrite, before anything is read, and to write prompts when it has none. */
export async function initialiseFrom(context: Context, path: string, folder: string): Promise<number> {
  const { surroundings, options } = context;
  const { cwd } = surroundings;
  const config = await surroundings.loadConfig({ engine: "embedded", storeLocation: options.store });
  const target = resolve(cwd, folder, PROMPTS_FILE);
  if (await exists(target)) throw taken(folder);
  const [file] = await checkDocuments([path], cwd, config.limits.documentBytes);
  if (file === undefined) return EXIT.usage;
  const whole = await readText(file, { limits: config.limits, signal: surroundings.signal });
  const { documents } = factsOf(whole);
  const [first] = documents;
  const isPacket = documents.length > 1 && first !== undefined;
  const document = isPacket ? await readText(file, { limits: config.limits, pages: first.pages.join("-"), signal: surroundings.signal }) : whole;
  const proposed = proposePrompts(document, createLocalExtractor());
  if (proposed.length === 0) throw nothingFound(path, document);
  await write(target, folder, proposed);
  const shown = relative(cwd, target) || PROMPTS_FILE;
  const { kind, kindReason: reason } = factsOf(document);
  if (options.json) context.printJson({ file: path, kind, reason, ...(isPacket ? { documents } : {}), prompts: shown, outputs: proposed });
  else {
    const split = isPacket ? " --split" : "";
    context.print(
      ...headLines(path, document),
      ...(isPacket ? [`${formatDocuments(documents)}; these prompts are for the first`] : []),
      "",
      ...proposedLines(proposed, surroundings.stdout.columns),
      "",
      `Written: ${plain(shown)} (${formatPlural(proposed.length, "prompt")}). Change it as you like, then:`,
      `  ${context.command(`run ${quoted(path)} --prompts ${quoted(shown)}${split}`)}`,
    );
  }
  return EXIT.done;
}

function headLines(path: string, document: DocumentText): string[] {
  const { kind, kindReason, writing } = factsOf(document);
  const facts = [plain(path), kind === "unknown" ? "kind unknown" : `${kind} (${plain(kindReason)})`, `language ${writing.language}`, writing.currency ?? ""];
  return [facts.filter((fact) => fact !== "").join(" · "), formatPlural(document.pages.length, "page")];
}

function proposedLines(proposed: readonly Proposed[], columns: number): string[] {
  const rows = proposed.map(({ output, value, page }) => [plain(output.name), output.type, foundText(value), page === undefined ? "" : String(page)]);
  const header = [{ title: "name", least: 12 }, { title: "type" }, { title: "found", least: 16 }, { title: "page" }];
  return table(header, rows, columns, (cell) => cell);
}

function foundText(value: Json): string {
  return Array.isArray(value) ? formatPlural(value.length, "row") : valueText(value);
}

function nothingFound(path: string, document: DocumentText): PermanentError {
  const { kind, kindReason } = factsOf(document);
  return new PermanentError(
    "invalid_request",
    `Nothing was found in ${plain(path)} that prompts could be proposed for (kind: ${kind}, ${plain(kindReason)}): no common question is answered, and there are no labels with values and no tables with headings. Nothing was written. Write prompts.json by hand (docs/request.md), and choose a language model with --llm.`,
  );
}

async function write(target: string, folder: string, proposed: readonly Proposed[]): Promise<void> {
  try {
    await makeFolder(resolve(target, ".."));
    await writeFile(target, promptsText(proposed), { flag: "wx" });
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EEXIST" && (await exists(target))) throw taken(folder);
    throw new PermanentError("invalid_request", `The prompts cannot be written to ${plain(folder)}: ${whyUnreadable(cause)}. Choose another folder.`, {
      cause,
    });
  }
}

/** An output a line, as people write such files. */
function promptsText(proposed: readonly Proposed[]): string {
  const lines = proposed.map(({ output }) => `    ${JSON.stringify(output)}`);
  return `{\n  "outputs": [\n${lines.join(",\n")}\n  ]\n}\n`;
}

function taken(folder: string): PermanentError {
  return new PermanentError(
    "invalid_request",
    `${plain(join(folder, PROMPTS_FILE))} is there already; nothing was written. Choose another folder, or remove it.`,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
