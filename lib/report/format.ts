/** Numbers and sizes as reports and the terminal print them: the same on every machine, whatever its locale. */
import type { Json } from "../schema/json.ts";
import type { PacketDocument, Usage } from "../schema/result.ts";

/** A count with thin separators: 12,345. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}

/** A sum in US dollars with as many digits as it needs: $1.25, $0.0041. */
export function formatCost(dollars: number): string {
  if (dollars === 0) return "$0";
  if (dollars >= 0.1) return `$${dollars.toFixed(2)}`;
  return dollars < 0.000001 ? "< $0.000001" : `$${dollars.toFixed(6).replace(/(\.\d{3}\d*?)0+$/, "$1")}`;
}

/** Tokens and cost in one line; the cost is left out where no price is known. */
export function formatUsage(usage: Usage): string {
  const tokens = `${formatCount(usage.input_tokens)} tokens in, ${formatCount(usage.output_tokens)} out`;
  return usage.cost_usd === undefined ? tokens : `${tokens}, ${formatCost(usage.cost_usd)}`;
}

/** A size by powers of 1,024, as the limits of the configuration count: 312 bytes, 64 KB, 1.3 MB. */
export function formatBytes(bytes: number): string {
  const units = ["bytes", "KB", "MB", "GB"];
  const power = bytes < 1024 ? 0 : Math.min(3, Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 1024 ** power;
  return `${Number.isInteger(amount) ? amount : amount.toFixed(1)} ${units[power]}`;
}

/** "1 page", "3 pages". */
export function formatPlural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** A value of a few words: text as it is, everything else as JSON. */
export function formatScalar(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A name with underscores as words. */
export function formatName(name: string): string {
  return name.replaceAll("_", " ");
}

/** The documents of a file, in one line: "2 documents in this file: pages 1-2 invoice, page 3 letter". */
export function formatDocuments(documents: readonly PacketDocument[]): string {
  const listed = documents.map(({ pages: [first, last], kind }) => `${first === last ? `page ${first}` : `pages ${first}-${last}`} ${kind}`);
  return `${formatPlural(documents.length, "document")} in this file: ${listed.join(", ")}`;
}
