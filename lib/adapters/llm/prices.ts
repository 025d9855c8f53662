/** What is known of a model by its name: how much it reads at once (the configuration can say otherwise), and what it costs. Facts that age: they are list prices of 20 June 2026, without volume or batch discounts. */

/** What an unknown model is taken to read at once. Small on purpose: too little context costs quality, too much loses the answer. */
export const DEFAULT_CONTEXT_TOKENS = 4096;

/** US dollars for a million tokens. `cached` is for input that the service has seen shortly before. */
interface Price {
  input: number;
  cached: number;
  output: number;
}

interface ModelFacts {
  /** How many tokens of input fit, less than the context window where the supplier keeps a part of it for the answer. */
  contextTokens: number;
  price: Price;
}

function facts(contextTokens: number, input: number, cached: number, output: number): ModelFacts {
  return { contextTokens, price: { input, cached, output } };
}

const MODELS: ReadonlyMap<string, ModelFacts> = new Map([
  ["gpt-4o", facts(128_000, 2.5, 1.25, 10)],
  ["gpt-4o-mini", facts(128_000, 0.15, 0.075, 0.6)],
  ["gpt-4.1", facts(1_000_000, 2, 0.5, 8)],
  ["gpt-4.1-mini", facts(1_000_000, 0.4, 0.1, 1.6)],
  ["gpt-4.1-nano", facts(1_000_000, 0.1, 0.025, 0.4)],
  ["o3", facts(200_000, 2, 0.5, 8)],
  ["o4-mini", facts(200_000, 1.1, 0.275, 4.4)],
  ["gpt-5", facts(272_000, 1.25, 0.125, 10)],
  ["gpt-5-mini", facts(272_000, 0.25, 0.025, 2)],
  ["gpt-5-nano", facts(272_000, 0.05, 0.005, 0.4)],
  ["gpt-5.1", facts(272_000, 1.25, 0.125, 10)],
  ["gpt-5.2", facts(272_000, 1.75, 0.175, 14)],
  ["gpt-5.4", facts(272_000, 2.5, 0.25, 15)],
  ["gpt-5.4-mini", facts(272_000, 0.75, 0.075, 4.5)],
  ["gpt-5.4-nano", facts(272_000, 0.2, 0.02, 1.25)],
]);

/** The family of a model: its name without the supplier's prefix ("openai/gpt-4o") and without a release date ("gpt-4o-2024-08-06"). Other suffixes are other models. */
function factsOf(model: string): ModelFacts | undefined {
  const name = model.slice(model.lastIndexOf("/") + 1);
  return MODELS.get(name.replace(/-\d{4}-\d{2}-\d{2}$/, ""));
}

/** How many tokens of input a model takes; DEFAULT_CONTEXT_TOKENS for an unknown one. */
export function contextTokensOf(model: string): number {
  return factsOf(model)?.contextTokens ?? DEFAULT_CONTEXT_TOKENS;
}

/** What a request costs in US dollars by the list price; undefined for an unknown model. `cachedTokens` are part of `inputTokens`. */
export function costOf(model: string, tokens: { inputTokens: number; cachedTokens: number; outputTokens: number }): number | undefined {
  const price = factsOf(model)?.price;
  if (!price) return undefined;
  const cached = Math.min(tokens.cachedTokens, tokens.inputTokens);
  const millionths = (tokens.inputTokens - cached) * price.input + cached * price.cached + tokens.outputTokens * price.output;
  return Math.round(millionths * 1000) / 1e9;
}
