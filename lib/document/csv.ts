/** CSV files: the separator found by looking, one line of text for each record. */
import { CsvError, parse } from "csv-parse/sync";
import { columnWidths, type FileText, oneLine, rowText } from "./grid-text.ts";

const SEPARATORS = [",", ";", "\t", "|"] as const;
const LOOKED_AT_CHARACTERS = 65_536;
const LOOKED_AT_RECORDS = 50;

/** The separator that splits the first records most evenly into the most fields; a comma where none does. */
export function separatorOf(text: string): string {
  const head = text.length <= LOOKED_AT_CHARACTERS ? text : text.slice(0, text.lastIndexOf("\n", LOOKED_AT_CHARACTERS) + 1 || LOOKED_AT_CHARACTERS);
  let best: { separator: string; score: number } = { separator: ",", score: 0 };
  for (const separator of SEPARATORS) {
    const counts = recordsOf(head, separator, LOOKED_AT_RECORDS).map((record) => record.length);
    const usual = mostFrequent(counts);
    const even = counts.filter((count) => count === usual).length / Math.max(1, counts.length);
    const score = usual > 1 ? even * (1 + Math.log2(usual) / 10) : 0;
    if (score > best.score) best = { separator, score };
  }
  return best.separator;
}

/** A CSV text as a table; `rows` of its origins are the numbers of the records from 1. */
export function csvText(text: string): FileText {
  const records = recordsOf(text, separatorOf(text)).map((record) => record.map(oneLine));
  const widths = columnWidths(records);
  const starts: number[] = [];
  const rows: number[] = [];
  const lines: string[] = [];
  let at = 0;
  for (const [index, record] of records.entries()) {
    const line = rowText(record, widths);
    if (line === "") continue;
    starts.push(at);
    rows.push(index + 1);
    lines.push(line);
    at += line.length + 1;
  }
  return { text: lines.join("\n"), origins: { starts, rows } };
}

/** Records by the rules of quoting, or, where a quote is never closed, without them. */
function recordsOf(text: string, delimiter: string, to?: number): string[][] {
  const options = { delimiter, relax_quotes: true, relax_column_count: true, bom: true, ...(to === undefined ? {} : { to }) };
  try {
    return parse(text, options);
  } catch (error) {
    if (error instanceof CsvError) return parse(text, { ...options, quote: false });
    throw error;
  }
}

function mostFrequent(counts: readonly number[]): number {
  const times = new Map<number, number>();
  for (const count of counts) times.set(count, (times.get(count) ?? 0) + 1);
  return [...times].sort((first, second) => second[1] - first[1] || second[0] - first[0])[0]?.[0] ?? 0;
}
