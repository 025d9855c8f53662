/** The checks that exist: what a result calls them, which setting turns them on, and what does them. */
import type { evaluationSettingsSchema } from "../schema/request.ts";
import type { Check } from "./check.ts";
import { completeness } from "./completeness.ts";
import { correctness } from "./correctness.ts";
import { faithfulness } from "./faithfulness.ts";
import { piiDetected } from "./pii-check.ts";
import { relevance } from "./relevance.ts";
import { toxicity } from "./toxicity-check.ts";

type CheckSetting = Extract<keyof (typeof evaluationSettingsSchema)["shape"], `eval_${string}`>;

/** One check: `key` is the score's name, also in the flat key `{name}_{key}`; `setting` is the request's switch. */
export interface NamedCheck {
  key: string;
  setting: CheckSetting;
  check: Check;
}

/** Add a check here and nowhere else. */
export const CHECKS: readonly NamedCheck[] = [
  { key: "faithfulness", setting: "eval_quality_faithfulness", check: faithfulness },
  { key: "correctness", setting: "eval_quality_correctness", check: correctness },
  { key: "relevance", setting: "eval_quality_relevance", check: relevance },
  { key: "pii_detected", setting: "eval_security_pii", check: piiDetected },
  { key: "toxicity", setting: "eval_guidance_toxicity", check: toxicity },
  { key: "completeness", setting: "eval_guidance_completeness", check: completeness },
];
