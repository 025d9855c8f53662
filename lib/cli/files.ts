/** Files that a person names: the documents to read and the folder to write to, both checked before any work. */
import { constants } from "node:fs";
import { open, rm, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { refusalOfKind, sniff } from "../document/sniff.ts";
import { formatBytes, formatPlural } from "../report/format.ts";
import { messageOf, PermanentError } from "../schema/errors.ts";
import { makeFolder, writeWhole } from "../whole-file.ts";
import { plain } from "./text.ts";

/** A document that can be read. */
export interface DocumentFile {
  /** As given. */
  path: string;
  absolute: string;
  fileName: string;
}

/** Enough of a file's beginning to tell what it is, bytes. */
const SAMPLE = 65_536;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission is denied",
  EPERM: "permission is denied",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of its path is a file, not a folder",
  ELOOP: "its links go in a circle",
  ENAMETOOLONG: "its name is too long",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EMFILE: "too many files are open",
  EEXIST: "a file is in the way",
};

/** A file system error in words. */
export function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return REASONS[code] ?? (code === "" ? messageOf(error) : `the system says ${code}`);
}

/** Every document of the command line, or one PermanentError that names all that can't be used: nothing is started when one of them is wrong. */
export async function checkDocuments(paths: readonly string[], cwd: string, documentBytes: number): Promise<DocumentFile[]> {
  const documents: DocumentFile[] = [];
  const errors: PermanentError[] = [];
  for (const path of paths) {
    try {
      documents.push(await checkDocument(path, cwd, documentBytes));
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      errors.push(error);
    }
  }
  const first = errors[0];
  if (first === undefined) return documents;
  if (errors.length === 1) throw first;
  throw new PermanentError(first.code, `${formatPlural(errors.length, "document")} cannot be used; nothing was started`, {
    problems: errors.map(({ message }) => ({ pointer: "", message })),
  });
}

async function checkDocument(path: string, cwd: string, documentBytes: number): Promise<DocumentFile> {
  const absolute = resolve(cwd, path);
  const unreadable = (cause: unknown) =>
    new PermanentError("document_unreadable", `The document ${plain(path)} cannot be read: ${whyUnreadable(cause)}.`, { cause });
  // Without O_NONBLOCK opening a named pipe would wait for its writer.
  const file = await open(absolute, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((cause: unknown) => {
    throw unreadable(cause);
  });
  try {
    const status = await file.stat();
    if (status.isDirectory())
      throw new PermanentError("document_unreadable", `The document ${plain(path)} is a folder. Name the files in it, as in ${join(plain(path), "*.pdf")}.`);
    if (!status.isFile()) throw new PermanentError("document_unreadable", `The document ${plain(path)} is not a regular file.`);
    if (status.size === 0) throw new PermanentError("document_empty", `The document ${plain(path)} is empty: it has 0 bytes.`);
    if (status.size > documentBytes) {
      const limit = `more than the limit of ${formatBytes(documentBytes)} (limits.documentBytes, PROMPT_STUDIO_MAX_DOCUMENT_BYTES)`;
      throw new PermanentError("limit_exceeded", `The document ${plain(path)} has ${formatBytes(status.size)}, ${limit}. Split it, or raise the limit.`);
    }
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SAMPLE), 0, SAMPLE, 0);
    checkKind(path, buffer.subarray(0, bytesRead));
    return { path, absolute, fileName: basename(absolute) };
  } catch (error) {
    throw error instanceof PermanentError ? error : unreadable(error);
  } finally {
    await file.close();
  }
}

/** What a file holds must fit what its name says: found here it costs nothing, found by the first stage it has cost a run. */
function checkKind(path: string, sample: Uint8Array): void {
  const kind = sniff(sample);
  if (kind.is === "other" && kind.zip) return;
  const refusal = refusalOfKind(kind, path);
  if (refusal) throw new PermanentError(refusal.code, `The document ${plain(path)} ${refusal.message}`);
}

/** A place for the files of each document, in the order given. */
export interface OutputFolder {
  path: string;
  /** The first part of the names of a document's files; one per document, different on every file system. */
  names: readonly string[];
}

/** The table of several documents, in two forms. */
export const BATCH_FILES = { csv: "results.csv", jsonl: "results.jsonl" } as const;

/** Makes the folder and proves that it can be written to; the files of a document that is some pages of its file are named with them. Throws PermanentError "invalid_configuration" before any work. `inputs` (absolute) are never written over. */
export async function prepareFolder(
  folder: string,
  cwd: string,
  documents: readonly (DocumentFile & { pages?: string })[],
  inputs: readonly string[],
): Promise<OutputFolder> {
  const path = resolve(cwd, folder);
  try {
    await makeFolder(path);
    const probe = join(path, `.prompt-studio-${process.pid}.tmp`);
    await writeFile(probe, "");
    await rm(probe);
  } catch (cause) {
    throw new PermanentError(
      "invalid_configuration",
      `The folder ${plain(folder)} (--out) cannot be written to: ${whyUnreadable(cause)}. Choose another folder; nothing was started.`,
      { cause },
    );
  }
  const names = uniqueNames(documents.map(({ fileName, pages }) => (pages === undefined ? fileName : `${fileName}.pages-${pages}`)));
  const targets = new Set(
    names
      .flatMap((name) => [`${name}.json`, `${name}.html`])
      .concat(documents.length > 1 ? Object.values(BATCH_FILES) : [])
      .map((file) => join(path, file)),
  );
  const hit = inputs.find((input) => targets.has(input));
  if (hit !== undefined)
    throw new PermanentError(
      "invalid_configuration",
      `--out ${plain(folder)} would write over ${plain(basename(hit))}. Choose another folder; nothing was started.`,
    );
  return { path, names };
}

const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
const LONGEST_NAME = 120;

/** File names that are safe on every system and differ even where case doesn't count; deterministic in the order given. */
export function uniqueNames(fileNames: readonly string[]): string[] {
  const used = new Set<string>();
  return fileNames.map((fileName) => {
    const safe =
      fileName
        .normalize("NFC")
        .replace(/[<>:"/\\|?*\p{Cc}\p{Cf}]/gu, "_")
        .replace(/^[. ]+|[. ]+$/g, "")
        .slice(0, LONGEST_NAME) || "document";
    const stem = DEVICE.test(safe) ? `_${safe}` : safe;
    for (let n = 1; ; n++) {
      const name = n === 1 ? stem : `${stem}-${n}`;
      if (used.has(name.toLowerCase())) continue;
      used.add(name.toLowerCase());
      return name;
    }
  });
}

/** Writes a file of a run whole or not at all. Throws PermanentError "invalid_configuration" that says why it can't be. */
export async function writeOutputFile(path: string, content: string | Uint8Array): Promise<void> {
  await writeWhole(path, content).catch((cause: unknown) => {
    throw new PermanentError(
      "invalid_configuration",
      `${path} cannot be written: ${whyUnreadable(cause)}. The result is kept in the store; write it again when there is room.`,
      { cause },
    );
  });
}
