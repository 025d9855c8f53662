/** Where to cut: the parts of a document packed into chunks of even size that end where its writer ended something. */

/** A sentence, or a piece of one that is too long: its tokens, and what it costs to begin a chunk with it (0: nothing is torn apart; the more, the worse). */
export interface Part {
  start: number;
  end: number;
  tokens: number;
  breakCost: number;
}

/** The parts from `first` to `last` as one chunk. */
export interface Pack {
  first: number;
  last: number;
  tokens: number;
}

/** The share of the size that a chunk should have: room to both sides lets it end with a paragraph. */
const IDEAL_SHARE = 0.8;
/** For large chunks short parts are joined first, so that the work for a part is bounded. */
const PARTS_IN_A_CHUNK = 256;

/**
 * The packs whose cost is least, in order, covering all parts: how far they are from the ideal size, squared, and what their breaks cost. A pack has at most `size` tokens unless
 * one part alone has more. Each after the first begins with the last parts of the one before, as many as fit in `overlap` and leave room for a part.
 */
export function packParts(given: readonly Part[], size: number, overlap: number): { parts: readonly Part[]; packs: Pack[] } {
  const parts = joinShort(given, Math.floor(size / PARTS_IN_A_CHUNK));
  const sums = new Float64Array(parts.length + 1);
  parts.forEach((part, index) => {
    sums[index + 1] = (sums[index] ?? 0) + part.tokens;
  });
  const tokensOf = (from: number, to: number) => (sums[to] ?? 0) - (sums[from] ?? 0);
  const firsts = parts.map((part, index) => {
    const room = Math.min(overlap, size - part.tokens);
    let first = index;
    while (first > 0 && tokensOf(first - 1, index) <= room) first--;
    return first;
  });
  const cuts = cheapestCuts(parts, (from, to) => tokensOf(firsts[from] ?? from, to), size);
  const packs: Pack[] = [];
  cuts.forEach((cut, index) => {
    const end = cuts[index + 1] ?? parts.length;
    const first = Math.max(firsts[cut] ?? cut, (packs.at(-1)?.first ?? -1) + 1);
    packs.push({ first, last: end - 1, tokens: tokensOf(first, end) });
  });
  return { parts, packs };
}

/** The numbers of the parts that begin a pack, found from the cheapest way to pack all parts up to each. */
function cheapestCuts(parts: readonly Part[], tokensOf: (from: number, to: number) => number, size: number): number[] {
  const costs = new Float64Array(parts.length + 1).fill(Number.POSITIVE_INFINITY);
  const cutBefore = new Int32Array(parts.length + 1);
  costs[0] = 0;
  for (let end = 1; end <= parts.length; end++) {
    for (let from = end - 1; from >= 0; from--) {
      const tokens = tokensOf(from, end);
      if (tokens > size && from < end - 1) break;
      const distance = (tokens / size - IDEAL_SHARE) / IDEAL_SHARE;
      const cost = (costs[from] ?? 0) + distance * distance + (from === 0 ? 0 : (parts[from]?.breakCost ?? 0));
      if (cost < (costs[end] ?? 0)) {
        costs[end] = cost;
        cutBefore[end] = from;
      }
    }
  }
  const cuts: number[] = [];
  for (let end = parts.length; end > 0; end = cutBefore[end] ?? 0) cuts.unshift(cutBefore[end] ?? 0);
  return cuts;
}

/** Neighbours joined up to `most` tokens; one that begins where breaking costs nothing is joined only to half of that. */
function joinShort(parts: readonly Part[], most: number): readonly Part[] {
  if (most < 2) return parts;
  const joined: Part[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    const room = part.breakCost === 0 ? most / 2 : most;
    if (last !== undefined && last.tokens + part.tokens <= room) {
      last.end = part.end;
      last.tokens += part.tokens;
    } else joined.push({ ...part });
  }
  return joined;
}
