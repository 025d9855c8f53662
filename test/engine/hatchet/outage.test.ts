import { expect, it } from "vitest";
import { mayBeForgotten } from "../../../lib/engine/hatchet/outage.ts";

const BACK = 1_000_000;

it.each<[string, boolean, { createdMs: number; backMs: number | undefined; nowMs: number }]>([
  ["nothing before an outage", false, { createdMs: 0, backMs: undefined, nowMs: BACK }],
  ["not yet, while Hatchet sorts itself out", false, { createdMs: BACK - 1, backMs: BACK, nowMs: BACK + 149_999 }],
  ["a run from before the outage, after that", true, { createdMs: BACK - 1, backMs: BACK, nowMs: BACK + 150_000 }],
  ["not the run that took its place", false, { createdMs: BACK + 160_000, backMs: BACK, nowMs: BACK + 400_000 }],
  ["not for ever, as clocks may differ", false, { createdMs: BACK - 1, backMs: BACK, nowMs: BACK + 600_001 }],
])("forgotten may be %s: %s", (_, expected, times) => {
  expect(mayBeForgotten(times)).toBe(expected);
});
