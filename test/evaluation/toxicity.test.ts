import { describe, expect, test } from "vitest";
import { toxicityOf, toxicSpans } from "../../lib/evaluation/toxicity.ts";

const toxicity = (text: string, language = "") => toxicityOf(text, toxicSpans(text, { language }));

describe("toxicity", () => {
  test.each(["You are an idiot.", "what a pathetic loser", "Go to hell", "I will kill you", "this is f*cking bullsh1t, you moron", "they are scum"])(
    "%j offends",
    (text) => {
      expect(toxicity(text)).toBeGreaterThanOrEqual(0.5);
    },
  );

  test.each<[string, string]>([
    ["Du bist ein Arschloch", "de"],
    ["quel connard", "fr"],
    ["eres un gilipollas", "es"],
    ["sei uno stronzo", "it"],
    ["wat een klootzak", "nl"],
  ])("%j offends in its language (%s)", (text, language) => {
    expect(toxicity(text, language)).toBeGreaterThanOrEqual(0.5);
  });

  test.each<[string, string?]>([
    ["The supplier shall indemnify the buyer against claims of fraud and corrupt practices."],
    ["Measures against money laundering and terrorist financing"],
    ["Total $4,455.00"],
    ["Scunthorpe assessment of class and analysis"],
    [
      "The convicted criminal died in prison after a long trial; the report lists each murder, the evidence for it and the names of the officers who signed the file.",
    ],
    ["Der Rat der Stadt ist hell erleuchtet; die Stimmung gut.", "de"],
  ])("%j does not", (text, language) => {
    expect(toxicity(text, language)).toBeLessThan(0.5);
  });

  test("spans are the places of the words", () => {
    const text = "Well, you idiot";
    expect(toxicSpans(text).map(({ kind, start, end }) => [kind, text.slice(start, end)])).toEqual([["insult", "idiot"]]);
  });
});
