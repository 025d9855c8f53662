/** Order by score: the best of many without sorting all. */

/** The places of the highest scores above a bound, best first, equal ones in order; at most `most`. */
export function bestOf(scores: Float64Array, most: number, above = 0): number[] {
  const byRank = (left: number, right: number) => (scores[right] ?? 0) - (scores[left] ?? 0) || left - right;
  let kept: number[] = [];
  // What is below the worst of the best so far needs no sorting.
  let least = above;
  const room = most * 2 + 64;
  for (let place = 0; place < scores.length; place++) {
    if ((scores[place] ?? 0) <= least) continue;
    kept.push(place);
    if (kept.length < room) continue;
    kept = kept.sort(byRank).slice(0, most);
    least = scores[kept.at(-1) ?? -1] ?? 0;
  }
  return kept.sort(byRank).slice(0, most === Number.POSITIVE_INFINITY ? undefined : most);
}
