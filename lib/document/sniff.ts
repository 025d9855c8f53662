/** What bytes are, by their content. */

/** The image formats that can be read. */
export type ImageFormat = "png" | "jpeg" | "webp";

/** `name` is how a person calls it. A ZIP archive may be an Office document whose names lie outside of what was looked at. */
export type Kind =
  | { is: "pdf" | "text" | "empty" }
  | { is: "image"; format: ImageFormat; name: string }
  | { is: "docx" | "xlsx"; name: string }
  | { is: "other"; name: string; zip?: true };

const HEAD = 1024;
const SAMPLE = 65_536;

const MAGICS: readonly (readonly [string, string])[] = [
  ["GIF8", "a GIF image"],
  ["II*\0", "a TIFF image"],
  ["MM\0*", "a TIFF image"],
  ["BM", "a BMP image"],
  ["\xd0\xcf\x11\xe0", "an old Office document (Word, Excel or PowerPoint)"],
  ["{\\rtf", "an RTF document"],
  ["%!PS", "a PostScript file"],
  ["\x1f\x8b", "a gzip archive"],
  ["7z\xbc\xaf", "a 7z archive"],
  ["Rar!", "a RAR archive"],
  ["\x7fELF", "a program"],
  ["MZ", "a Windows program"],
  ["SQLite format 3\0", "an SQLite database"],
  ["OggS", "an Ogg recording"],
  ["ID3", "an MP3 recording"],
];

/** What the bytes are. Bytes without a NUL and without a known beginning are text. */
export function sniff(bytes: Uint8Array): Kind {
  if (bytes.length === 0) return { is: "empty" };
  const head = latin(bytes.subarray(0, HEAD));
  if (head.includes("%PDF-")) return { is: "pdf" };
  const zip = zipKind(bytes, head);
  if (zip) return zip;
  if (head.startsWith("\x89PNG\r\n")) return { is: "image", format: "png", name: "a PNG image" };
  if (head.startsWith("\xff\xd8\xff")) return { is: "image", format: "jpeg", name: "a JPEG image" };
  if (head.startsWith("RIFF")) {
    return head.slice(8, 12) === "WEBP" ? { is: "image", format: "webp", name: "a WebP image" } : { is: "other", name: "a RIFF recording" };
  }
  if (head.slice(4, 8) === "ftyp") return { is: "other", name: /^(heic|heix|mif1|avif)/.test(head.slice(8)) ? "a HEIF image" : "a film" };
  const magic = MAGICS.find(([start, name]) => head.startsWith(start) && (start.length > 2 || head.includes("\0") || name.includes("gzip")));
  if (magic) return { is: "other", name: magic[1] };
  if (/\bendobj\b/.test(latin(bytes.subarray(0, SAMPLE)))) return { is: "pdf" };
  if (utf16Of(bytes) || !bytes.subarray(0, SAMPLE).includes(0)) return { is: "text" };
  return { is: "other", name: "binary data of an unknown kind" };
}

/** Which UTF-16 the bytes are, by their mark, or by the zeros that Latin letters have in one half. */
export function utf16Of(bytes: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  const head = bytes.subarray(0, HEAD);
  if (head.length < 8) return undefined;
  const zeros = [0, 0];
  for (const [index, byte] of head.entries()) if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  if (odd > head.length * 0.35 && even < head.length * 0.05) return "utf-16le";
  if (even > head.length * 0.35 && odd < head.length * 0.05) return "utf-16be";
  return undefined;
}

function zipKind(bytes: Uint8Array, head: string): Kind | undefined {
  if (!head.startsWith("PK\x03\x04") && !head.startsWith("PK\x05\x06")) return undefined;
  const names = latin(bytes.subarray(0, SAMPLE)) + latin(bytes.subarray(-SAMPLE));
  if (names.includes("word/")) return { is: "docx", name: "a Word document" };
  if (names.includes("ppt/")) return { is: "other", name: "a PowerPoint presentation" };
  if (names.includes("xl/")) return { is: "xlsx", name: "an Excel workbook" };
  if (names.includes("opendocument")) return { is: "other", name: "an OpenDocument file" };
  return { is: "other", name: "a ZIP archive", zip: true };
}

function latin(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

/** What a file's name promises by its extension; `form` is how its text is to be read. */
export type Promised = { kind: "pdf" | "docx" | "xlsx" | "image" } | { kind: "text"; form: "text" | "csv" | "html" | "json" };

const EXTENSIONS: ReadonlyMap<string, Promised> = new Map([
  ...["txt", "text", "md", "markdown", "jsonl", "log", "xml", "yaml", "yml", "eml"].map((name): [string, Promised] => [name, { kind: "text", form: "text" }]),
  ...["csv", "tsv"].map((name): [string, Promised] => [name, { kind: "text", form: "csv" }]),
  ...["html", "htm", "xhtml"].map((name): [string, Promised] => [name, { kind: "text", form: "html" }]),
  ["json", { kind: "text", form: "json" }],
  ["pdf", { kind: "pdf" }],
  ...["docx", "docm"].map((name): [string, Promised] => [name, { kind: "docx" }]),
  ...["xlsx", "xlsm"].map((name): [string, Promised] => [name, { kind: "xlsx" }]),
  ...["png", "jpg", "jpeg", "webp"].map((name): [string, Promised] => [name, { kind: "image" }]),
]);

const PROMISED_NAMES: Record<Promised["kind"], string> = {
  pdf: "a PDF",
  docx: "a Word document",
  xlsx: "an Excel workbook",
  image: "an image",
  text: "a text file",
};
const RIGHT_ENDINGS = { pdf: ".pdf", docx: ".docx", xlsx: ".xlsx", text: ".txt", png: ".png", jpeg: ".jpg", webp: ".webp" } as const;

/** What can be read, for messages. */
export const READABLE = "PDF, Word (docx), Excel (xlsx), CSV, HTML, Markdown, JSON and text files, and PNG, JPEG and WebP images";

/** What a file's name promises; undefined where it promises nothing that we know. */
export function promisedKind(fileName: string): Promised | undefined {
  return EXTENSIONS.get(/\.([a-z0-9]{1,8})$/i.exec(fileName)?.[1]?.toLowerCase() ?? "");
}

/** Why a file can't be read as what it is or as what its name says, as the end of a sentence that begins with its name; undefined where it can. */
export function refusalOfKind(kind: Kind, fileName: string): { code: "not_supported" | "document_mislabelled"; message: string } | undefined {
  const promised = promisedKind(fileName);
  if (kind.is === "empty") return undefined;
  if (kind.is === "other") {
    const code = promised === undefined ? "not_supported" : "document_mislabelled";
    const claim = promised === undefined ? "is" : `has the name of ${PROMISED_NAMES[promised.kind]}, but it is`;
    const advice = promised === undefined || kind.name.includes("image") ? "Convert it to PDF and try again" : "Give the real file, or convert it";
    return { code, message: `${claim} ${kind.name}, which can't be read. ${advice}; what can be read: ${READABLE}.` };
  }
  if (promised === undefined || promised.kind === kind.is) return undefined;
  const advice = `Rename it to end in ${RIGHT_ENDINGS[kind.is === "image" ? kind.format : kind.is]}, or give the real file.`;
  return { code: "document_mislabelled", message: `has the name of ${PROMISED_NAMES[promised.kind]}, but it is ${nameOf(kind)}. ${advice}` };
}

function nameOf(kind: Kind): string {
  return "name" in kind ? kind.name : kind.is === "pdf" ? PROMISED_NAMES.pdf : PROMISED_NAMES.text;
}

/** How the text of a text file is to be read: as its name says, else by its beginning. */
export function textForm(bytes: Uint8Array, fileName: string): "text" | "csv" | "html" | "json" {
  const promised = promisedKind(fileName);
  if (promised?.kind === "text") return promised.form;
  return /^(?:\xef\xbb\xbf)?\s*(?:<!doctype html|<html[\s>])/i.test(latin(bytes.subarray(0, HEAD))) ? "html" : "text";
}
