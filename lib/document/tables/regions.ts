/** Where tables without lines may be: lines of several phrases that follow each other closely. */
import { type TextLine, textOf } from "./phrases.ts";

/** A gap between lines that ends a table, in heights of a line. */
const GAP = 2.8;
/** So many lines of one phrase between rows still belong to the table: wrapped text and headings of groups. */
const LONE_LINES = 3;

const NONE = { left: Number.POSITIVE_INFINITY, right: Number.NEGATIVE_INFINITY };

/** Stretches of lines that may be tables. */
export function regionsOf(lines: readonly TextLine[]): TextLine[][] {
  const regions: TextLine[][] = [];
  let region: TextLine[] = [];
  let lone = 0;
  let edges = NONE;
  const close = () => {
    const trimmed = trim(region);
    if (trimmed.filter((line) => line.phrases.length > 1).length >= 2) regions.push(trimmed);
    region = [];
    lone = 0;
    edges = NONE;
  };
  for (const line of lines) {
    const before = region.at(-1);
    const far = before !== undefined && (line.top - before.bottom > Math.max(line.height, before.height) * GAP || line.bottom < before.top);
    if (far) close();
    const wider = { left: Math.min(edges.left, line.left), right: Math.max(edges.right, line.right) };
    if (line.phrases.length > 1) {
      edges = wider;
      region.push(line);
      lone = 0;
      continue;
    }
    if (region.length === 0) continue;
    if (isProse(line, edges) || ++lone > LONE_LINES) close();
    else {
      edges = wider;
      region.push(line);
    }
  }
  close();
  return regions;
}

function trim(lines: readonly TextLine[]): TextLine[] {
  const first = lines.findIndex((line) => line.phrases.length > 1);
  const last = lines.findLastIndex((line) => line.phrases.length > 1);
  if (first < 0) return [];
  let end = last + 1;
  while (end < lines.length && wrapped(lines[end - 1], lines[end])) end++;
  return lines.slice(first, end);
}

/** Whether a line right under the last row can only be the rest of one of its cells. */
function wrapped(above: TextLine | undefined, line: TextLine | undefined): boolean {
  const phrase = line?.phrases[0];
  return above !== undefined && line !== undefined && phrase !== undefined && line.top - above.bottom < line.height * 0.6 && /^\p{Ll}/u.test(textOf(phrase));
}

/** A line of many words as wide as the region is prose below or between tables. */
function isProse(line: TextLine, { left, right }: { left: number; right: number }): boolean {
  const phrase = line.phrases[0];
  if (!phrase || phrase.words.length < 8) return false;
  return textOf(phrase).length > 50 && line.right - line.left > (right - left) * 0.6;
}
