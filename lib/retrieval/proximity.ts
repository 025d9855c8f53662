/** Query terms that stand together: a chunk with two of them side by side is more often meant than one that has them far apart (Rasolofo and Savoy, ECIR 2003). */

/** The terms of each text in their order, by their numbers in the sorted terms: text i's are `terms` from `starts[i]` to `starts[i + 1]`. */
export interface TermOrder {
  starts: Uint32Array;
  terms: Uint32Array;
}

/** The order of the terms of texts. `numbers` has every term. */
export function buildTermOrder(texts: readonly (readonly string[])[], numbers: ReadonlyMap<string, number>): TermOrder {
  const starts = new Uint32Array(texts.length + 1);
  texts.forEach((terms, text) => {
    starts[text + 1] = (starts[text] ?? 0) + terms.length;
  });
  const order = new Uint32Array(starts[texts.length] ?? 0);
  texts.forEach((terms, text) => {
    order.set(
      terms.map((term) => numbers.get(term) ?? 0),
      starts[text] ?? 0,
    );
  });
  return { starts, terms: order };
}

/** How many terms apart two may stand, stop words not counted. These are the middle of what was measured (docs/quality.md): halves and doubles find as much. */
const WINDOW = 3;

/** For each pair of different query terms, how often they stand together in a text: 1 side by side, less with distance. Calls `found` once for each pair; time linear in the text. */
export function closePairs(order: TermOrder, text: number, wanted: ReadonlySet<number>, found: (first: number, second: number, times: number) => void): void {
  const recent: { term: number; place: number }[] = [];
  const times = new Map<number, Map<number, number>>();
  const start = order.starts[text] ?? 0;
  const end = order.starts[text + 1] ?? 0;
  for (let place = start; place < end; place++) {
    const term = order.terms[place] ?? 0;
    if (!wanted.has(term)) continue;
    while (recent[0] !== undefined && place - recent[0].place > WINDOW) recent.shift();
    for (const earlier of recent) {
      if (earlier.term === term) continue;
      const [first, second] = earlier.term < term ? [earlier.term, term] : [term, earlier.term];
      const seconds = times.get(first) ?? new Map<number, number>();
      times.set(first, seconds.set(second, (seconds.get(second) ?? 0) + 1 / (place - earlier.place)));
    }
    recent.push({ term, place });
  }
  for (const [first, seconds] of times) for (const [second, count] of seconds) found(first, second, count);
}
