import { expect, test } from "vitest";
import { supportScore } from "../../lib/evaluation/claim.ts";

test.each<[string, string, string]>([
  ["polarity", "The drug reduces mortality in patients.", "The drug did not reduce mortality in patients."],
  ["direction", "Vitamin D increases bone density in adults.", "Vitamin D decreases bone density in adults."],
  ["numbers", "The trial had 120 patients in two groups.", "The trial had 210 patients in two groups."],
  ["subject", "Exercise reduces blood pressure.", "The museum opens at noon on Sundays."],
])("%s: the claim itself supports a claim better than its opposite", (_, claim, opposite) => {
  expect(supportScore(claim, claim)).toBeGreaterThan(0.5);
  expect(supportScore(claim, opposite)).toBeLessThan(supportScore(claim, claim) - 0.1);
});
