/** Numbers that are the same each time. */

/** A small generator of numbers from 0 to 1 (Park and Miller, 1988), for a seed that isn't 0. */
export function createRandom(seed: number): () => number {
  let state = seed % 2_147_483_647;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
