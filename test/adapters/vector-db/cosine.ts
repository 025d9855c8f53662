/** The cosine of two vectors, for doubles of vector databases; 0 where one points nowhere. */
export function cosine(left: readonly number[], right: readonly number[]): number {
  const product = (first: readonly number[], second: readonly number[]) => first.reduce((sum, value, place) => sum + value * (second[place] ?? 0), 0);
  return product(left, right) / (Math.sqrt(product(left, left) * product(right, right)) || 1);
}
