/** Adding up tokens and money. */
import type { RunResult, Usage } from "./result.ts";

/** Adds usages up; the cost is known when at least one is. */
export function sumUsage(usages: readonly Usage[]): Usage {
  const costs = usages.flatMap((usage) => (usage.cost_usd === undefined ? [] : [usage.cost_usd]));
  const sum = (read: (usage: Usage) => number) => usages.reduce((total, usage) => total + read(usage), 0);
  const tokens = { input_tokens: sum((usage) => usage.input_tokens), output_tokens: sum((usage) => usage.output_tokens) };
  const twice = sum((usage) => usage.possibly_billed_twice ?? 0);
  return {
    ...tokens,
    ...(costs.length === 0 ? {} : { cost_usd: costs.reduce((total, cost) => total + cost, 0) }),
    ...(twice === 0 ? {} : { possibly_billed_twice: twice }),
  };
}

/** What a run's paid answers cost: in all, by stage and by model, their names in order. */
export function usageOfRun(ledger: readonly { stage: string; model: string; usage: Usage }[]): RunResult["usage"] {
  const grouped = (key: "stage" | "model"): Record<string, Usage> => {
    const names = [...new Set(ledger.map((entry) => entry[key]))].sort();
    return Object.fromEntries(names.map((name) => [name, sumUsage(ledger.filter((entry) => entry[key] === name).map(({ usage }) => usage))]));
  };
  return { by_stage: grouped("stage"), by_model: grouped("model"), ...sumUsage(ledger.map(({ usage }) => usage)) };
}
