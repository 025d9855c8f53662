/** What is known of OpenAI's embedding models by name. Facts that age: list prices of 20 June 2026, without batch discounts. */

/** `dimensions` is the full length of a vector, `price` US dollars for a million tokens. */
const MODELS: ReadonlyMap<string, { dimensions: number; price: number }> = new Map([
  ["text-embedding-3-small", { dimensions: 1536, price: 0.02 }],
  ["text-embedding-3-large", { dimensions: 3072, price: 0.13 }],
  ["text-embedding-ada-002", { dimensions: 1536, price: 0.1 }],
]);

/** The full length of a model's vectors; undefined for an unknown model. */
export function embeddingDimensions(model: string): number | undefined {
  return MODELS.get(model)?.dimensions;
}

/** What so many tokens cost in US dollars by the list price; undefined for an unknown model. */
export function costOfEmbedding(model: string, tokens: number): number | undefined {
  const price = MODELS.get(model)?.price;
  return price === undefined ? undefined : Math.round(tokens * price * 1000) / 1e9;
}
