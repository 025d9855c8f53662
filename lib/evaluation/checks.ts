/** The checks that exist: what a result calls them, which setting turns them on, and what does them. */
import type { evaluationSettingsSchema } from "../schema/request.ts";
import type { Check } from "./check.ts";
import { correctness } from "./correctness.ts";
import { faithfulness } from "./faithfulness.ts";

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
];
