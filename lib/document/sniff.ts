/** What bytes are, by their content. */

/** `name` is how a person calls it. */
export type Kind = { is: "pdf" } | { is: "text" } | { is: "empty" } | { is: "other"; name: string };

const HEAD = 1024;
const SAMPLE = 65_536;

const MAGICS: readonly (readonly [string, string])[] = [
  ["\x89PNG\r\n", "a PNG image"],
  ["\xff\xd8\xff", "a JPEG image"],
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
  const zip = zipName(bytes, head);
  if (zip) return { is: "other", name: zip };
  if (head.startsWith("RIFF")) return { is: "other", name: head.slice(8, 12) === "WEBP" ? "a WebP image" : "a RIFF recording" };
  if (head.slice(4, 8) === "ftyp") return { is: "other", name: /^(heic|heix|mif1|avif)/.test(head.slice(8)) ? "a HEIF image" : "a film" };
  const magic = MAGICS.find(([start, name]) => head.startsWith(start) && (start.length > 2 || head.includes("\0") || name.includes("gzip")));
  if (magic) return { is: "other", name: magic[1] };
  if (/\bendobj\b/.test(latin(bytes.subarray(0, SAMPLE)))) return { is: "pdf" };
  if (isUtf16(bytes) || !bytes.subarray(0, SAMPLE).includes(0)) return { is: "text" };
  return { is: "other", name: "binary data of an unknown kind" };
}

/** Whether the bytes say that they are UTF-16. */
export function isUtf16(bytes: Uint8Array): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}

function zipName(bytes: Uint8Array, head: string): string | undefined {
  if (!head.startsWith("PK\x03\x04") && !head.startsWith("PK\x05\x06")) return undefined;
  const names = latin(bytes.subarray(0, SAMPLE)) + latin(bytes.subarray(-SAMPLE));
  if (names.includes("word/")) return "a Word document";
  if (names.includes("xl/")) return "an Excel workbook";
  if (names.includes("ppt/")) return "a PowerPoint presentation";
  if (names.includes("opendocument")) return "an OpenDocument file";
  return "a ZIP archive";
}

function latin(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

const TEXT_EXTENSIONS = new Set(["txt", "text", "md", "markdown", "csv", "tsv", "json", "jsonl", "log", "xml", "yaml", "yml", "html", "htm", "eml"]);

/** What a file's name promises: "pdf", "text", or nothing that we know. */
export function promisedKind(fileName: string): "pdf" | "text" | undefined {
  const extension = /\.([a-z0-9]{1,8})$/i.exec(fileName)?.[1]?.toLowerCase();
  if (extension === "pdf") return "pdf";
  return extension !== undefined && TEXT_EXTENSIONS.has(extension) ? "text" : undefined;
}
