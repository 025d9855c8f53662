/** What a request to process a document holds: the document and what is asked of it, as JSON with a file's path, or as a form with the file itself. */
import type { Submission } from "../client.ts";
import { refusalOfKind, sniff } from "../document/sniff.ts";
import { PermanentError } from "../schema/errors.ts";
import { parseJson } from "../schema/parse-json.ts";
import type { RequestInput } from "../schema/request.ts";
import { type RequestLimits, validateRequest } from "../schema/validate.ts";
import type { Slots } from "../slots.ts";
import { BODY_TIMES, type BodyTimes, readBody } from "./body.ts";
import { outputPath, readNamedFile, refuseAt } from "./files.ts";

/** Room for the boundaries and headers of a form. */
const FORM_BYTES = 65_536;
const FIELDS = new Set(["file", "request"]);

export interface SubmissionOptions {
  limits: RequestLimits & { documentBytes: number; requestBytes: number };
  /** The folder of the tenant's files; undefined when requests may name none. */
  files: string | undefined;
  /** Large bodies are read so many at a time. */
  uploads: Slots;
  times?: BodyTimes | undefined;
}

/** Reads and checks a request; nothing is written. Throws PermanentError for everything that is wrong with it. */
export async function readSubmission(request: Request, options: SubmissionOptions): Promise<Submission> {
  const type = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "application/json") return fromJson(request, options);
  if (type === "multipart/form-data") return options.uploads(() => fromForm(request, options));
  throw new PermanentError(
    "unsupported_media_type",
    `The body must be application/json (with file_path) or multipart/form-data (with the parts "file" and "request"), not ${JSON.stringify(type.slice(0, 80))}.`,
  );
}

async function fromJson(request: Request, { limits, files, times = BODY_TIMES }: SubmissionOptions): Promise<Submission> {
  return submissionByPath(parseJson(await readBody(request, limits.requestBytes, times), "The body", "malformed_request"), { limits, files });
}

/** A request whose document is the file that it names, in the folder. Throws PermanentError for everything that is wrong with either. */
export async function submissionByPath(value: unknown, { limits, files }: Pick<SubmissionOptions, "limits" | "files">): Promise<Submission> {
  const asked = await checked(value, limits, files);
  if (asked.file_path === undefined || asked.file_path === null) {
    refuseAt("/file_path", 'is missing: name a document in the folder of this server, or send it as multipart/form-data with the parts "file" and "request"');
  }
  const { bytes, fileName } = await readNamedFile(files, asked.file_path, limits.documentBytes);
  return submissionOf(bytes, nameOf(asked.file_name ?? fileName), asked);
}

async function fromForm(request: Request, { limits, files, times = BODY_TIMES }: SubmissionOptions): Promise<Submission> {
  const bytes = await readBody(request, limits.documentBytes + limits.requestBytes + FORM_BYTES, times);
  const form = await parseForm(bytes, request.headers.get("content-type") ?? "");
  for (const name of form.keys())
    if (!FIELDS.has(name)) refuseAt("", `the form has a part ${JSON.stringify(name.slice(0, 60))}; only "file" and "request" are known`);
  for (const name of FIELDS) if (form.getAll(name).length !== 1) refuseAt("", `the form must have one part "${name}", not ${form.getAll(name).length}`);
  const [file, text] = [form.get("file"), form.get("request")];
  if (file === null || typeof file === "string") refuseAt("", 'the part "file" must be a file, with a filename');
  const json = typeof text === "string" ? Buffer.from(text, "utf8") : new Uint8Array(await (text as Blob).arrayBuffer());
  if (json.byteLength > limits.requestBytes)
    throw new PermanentError("limit_exceeded", `The part "request" is larger than the limit of ${limits.requestBytes} bytes.`);
  if (file.size > limits.documentBytes) {
    throw new PermanentError("document_too_large", `The document has ${file.size} bytes, more than the limit of ${limits.documentBytes}.`);
  }
  const asked = await checked(parseJson(json, 'The part "request"', "malformed_request"), limits, files);
  return submissionOf(new Uint8Array(await file.arrayBuffer()), nameOf(file.name || (asked.file_name ?? "")), asked);
}

async function parseForm(bytes: Uint8Array, type: string) {
  try {
    return await new Response(bytes as Uint8Array<ArrayBuffer>, { headers: { "content-type": type } }).formData();
  } catch (cause) {
    throw new PermanentError("malformed_request", "The body is not a whole multipart/form-data form.", { cause });
  }
}

/** The request, its form checked and its paths inside the folder. */
async function checked(value: unknown, limits: RequestLimits, files: string | undefined): Promise<RequestInput> {
  const asked = validateRequest(value, limits);
  if (asked.output_file_path === undefined) return asked;
  return { ...asked, output_file_path: await outputPath(files, asked.output_file_path) };
}

/** What a file holds must fit what its name says: found here it costs nothing, found by the first stage it has cost a run. */
function submissionOf(document: Uint8Array, fileName: string, request: RequestInput): Submission {
  if (document.byteLength === 0) throw new PermanentError("document_empty", "The document is empty: it has 0 bytes.");
  const refusal = refusalOfKind(sniff(document), fileName);
  if (refusal) {
    const code = refusal.code === "not_supported" ? "unsupported_media_type" : refusal.code;
    throw new PermanentError(code, `The document ${refusal.message}`);
  }
  return { document, fileName, request };
}

/** The last part of a name, whichever system it is from. */
function nameOf(path: string): string {
  return path.split(/[\\/]/).at(-1)?.slice(-255) || "document";
}
