/** The retrieval strategy "automerging": small chunks are searched; where most of those that belong together are found, the whole of them is given. */
import type { Chunk } from "../document/chunk.ts";
import { sectionsOf } from "../document/sections.ts";
import { beginning, hitOf, type Ranked, rankTexts, reasonFor, spanOf, termsIn } from "./mixed.ts";
import type { Found, Search } from "./strategy.ts";

/** How many leaves make a parent, and how many are looked at for each wanted hit. */
const LEAVES = 4;
/** More than this share of a parent's leaves must be found. */
const MERGING_SHARE = 0.5;

/** The leaves of a document's parents: [first, last] chunk numbers, four at most; a leaf that begins a section begins a parent where the one before it has two already. Pure. */
export function parentsOf(chunks: readonly Chunk[], sectionStarts: ReadonlySet<number>): [number, number][] {
  const parents: [number, number][] = [];
  for (const { index, start } of chunks) {
    const last = parents.at(-1);
    const size = last === undefined ? LEAVES : index - last[0];
    if (last === undefined || size >= LEAVES || (size >= 2 && sectionStarts.has(start))) parents.push([index, index]);
    else last[1] = index;
  }
  return parents;
}

/** The best leaves, four for each wanted hit; those of a parent that are found together become one hit with the best one's score. */
export async function automerging(search: Search, question: string): Promise<Found> {
  const { index, topK } = search;
  const [ranked = []] = await rankTexts(search, [question], topK * LEAVES);
  const query = termsIn(index, question);
  const parents = parentsOf(index.chunks, new Set(sectionsOf(search.document).map(({ start }) => start)));
  const parentOf = new Map(parents.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, place) => [first + place, first] as const)));
  const lastOf = new Map(parents);
  const found = new Map<number, Ranked[]>();
  for (const one of ranked) {
    const first = parentOf.get(one.chunk) ?? one.chunk;
    found.set(first, [...(found.get(first) ?? []), one]);
  }
  const merged = new Set(
    [...found]
      .filter(([first, leaves]) => leaves.length > 1 && leaves.length > MERGING_SHARE * ((lastOf.get(first) ?? first) - first + 1))
      .map(([first]) => first),
  );
  const hits = ranked.flatMap((one) => {
    const first = parentOf.get(one.chunk) ?? one.chunk;
    const leaves = found.get(first) ?? [];
    const reason = reasonFor(index, query, one);
    if (!merged.has(first)) return [hitOf(index, one.chunk, one.score, reason)];
    if (leaves[0] !== one) return [];
    const last = lastOf.get(first) ?? first;
    const others = Array.from({ length: last - first + 1 }, (_, place) => first + place).filter((chunk) => !leaves.some((leaf) => leaf.chunk === chunk));
    const chunks = [...leaves.map(({ chunk }) => chunk), ...others];
    return [
      spanOf(index, first, last, { chunks, score: one.score, reason: `${leaves.length} of ${chunks.length} neighbours found, so all of them: ${reason}` }),
    ];
  });
  const how =
    merged.size === 0
      ? "by small chunks; none belong together"
      : `by small chunks; ${merged.size} merged with ${merged.size === 1 ? "its" : "their"} neighbours`;
  return { hits: hits.length > 0 ? hits.slice(0, topK) : beginning(search), how };
}
