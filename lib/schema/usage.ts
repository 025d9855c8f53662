/** Adding up tokens and money. */
import type { Usage } from "./result.ts";

/** Adds usages up; the cost is known when at least one is. */
export function sumUsage(usages: readonly Usage[]): Usage {
  const costs = usages.flatMap((usage) => (usage.cost_usd === undefined ? [] : [usage.cost_usd]));
  const sum = (read: (usage: Usage) => number) => usages.reduce((total, usage) => total + read(usage), 0);
  const tokens = { input_tokens: sum((usage) => usage.input_tokens), output_tokens: sum((usage) => usage.output_tokens) };
  return costs.length === 0 ? tokens : { ...tokens, cost_usd: costs.reduce((total, cost) => total + cost, 0) };
}
