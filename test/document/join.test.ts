import { expect, it } from "vitest";
import { joinDocuments } from "../../lib/document/join.ts";
import { faults, makePdf, read } from "./support/pdf.ts";

it("parts that were read one by one are the document that is read at once", async () => {
  const pdf = await makePdf((page) => {
    for (let number = 1; number <= 7; number++) {
      if (number > 1) page.addPage();
      if (number !== 4)
        page.text(`Page ${number} left`, 50, 50).text(`and right ${number}`, 350, 50).text("Und der Rest ist auf Deutsch, wie man sieht.", 50, 90);
    }
  });
  const whole = await read(pdf);
  const ranges = [
    [1, 3],
    [4, 4],
    [5, 7],
  ] as const;
  const parts = await Promise.all(ranges.map((range) => read(pdf, { pages: [range], partial: true })));
  expect(parts.map((part) => part.pages.length)).toEqual([3, 1, 3]);
  const joined = joinDocuments(parts, undefined);
  expect(joined).toEqual({ ...whole, parser: joined.parser });
  expect(joined.language).toBe("de");
  expect(faults(joined)).toEqual([]);
  expect(joinDocuments(parts, "sv").language).toBe("sv");
}, 60_000);
