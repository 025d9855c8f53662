// Whether one ranking is better than another, or was lucky with these queries.

const ROUNDS = 20_000;

export function mean(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / Math.max(1, numbers.length);
}

/** Query to (document to grade), from lines of query, document and grade with tabs between, under a line of headings. */
export function relevanceOf(text) {
  const relevance = new Map();
  for (const line of text.split("\n").slice(1)) {
    const [query, document, grade] = line.split("\t");
    if (document === undefined || !(Number(grade) > 0)) continue;
    relevance.set(query, (relevance.get(query) ?? new Map()).set(document, Number(grade)));
  }
  return relevance;
}

/** Normalised discounted cumulative gain of the first ten, 0 to 1 (Järvelin and Kekäläinen 2002, as trec_eval has it). */
export function ndcg(relevance, ranked) {
  const gain = (grades) => grades.slice(0, 10).reduce((sum, grade, rank) => sum + grade / Math.log2(rank + 2), 0);
  const ideal = gain([...relevance.values()].sort((left, right) => right - left));
  return ideal === 0 ? 0 : gain([...new Set(ranked)].map((id) => relevance.get(id) ?? 0)) / ideal;
}

/** A generator of random numbers from 0 to 1 that always gives the same ones (mulberry32). */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * The two-sided p of a paired randomisation test (Fisher's; Smucker, Allan and Carterette, CIKM 2007): how often the means would differ so much, or more,
 * if which of the two had which score were chance. The same every time.
 */
export function pValue(scores, others) {
  const differences = scores.map((score, place) => score - others[place]).filter((difference) => difference !== 0);
  const observed = Math.abs(differences.reduce((sum, difference) => sum + difference, 0));
  const random = randomNumbers(1);
  let asLarge = 0;
  for (let round = 0; round < ROUNDS; round++) {
    let sum = 0;
    for (const difference of differences) sum += random() < 0.5 ? difference : -difference;
    if (Math.abs(sum) >= observed - 1e-12) asLarge++;
  }
  return (asLarge + 1) / (ROUNDS + 1);
}
