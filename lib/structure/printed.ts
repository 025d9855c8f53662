/** How a value may stand in a document: an answer often says "1550.5" or "2024-12-31" where the page says "1,550.5" or "December 31, 2024". */
import type { Json } from "../schema/json.ts";
import { type DocumentFacts, primaryLanguage } from "../values/types.ts";
import type { ConformedLeaf } from "./conform.ts";

const ISO_DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

/** The texts under which a leaf's value may be printed, what was answered first. Empty where the value is not a printed thing, such as yes or no. */
export function printedForms(leaf: ConformedLeaf, facts: DocumentFacts): string[] {
  if (leaf.node.type === "boolean") return [];
  const forms = [leaf.printed, ...numberForms(leaf.value), ...(typeof leaf.value === "string" ? dateForms(leaf.value, facts) : [])];
  const [first = "", ...others] = [...new Set(forms.filter((form) => form !== ""))];
  // The longest says most: "(40.00)" before "40".
  return [first, ...others.sort((left, right) => right.length - left.length)].filter((form) => form !== "");
}

function numberForms(value: Json): string[] {
  if (typeof value !== "number" || !Number.isFinite(value)) return [];
  const size = Math.abs(value);
  const decimals = [undefined, 1, 2];
  const forms = decimals.flatMap((fraction) => {
    const plain = fraction === undefined ? String(size) : size.toFixed(fraction);
    if (Number(plain) !== size || plain.includes("e")) return [];
    const [whole = "", rest] = plain.split(".");
    const group = (separator: string) => whole.replace(/\B(?=(\d{3})+$)/g, separator);
    const joined = (separator: string, point: string) => (rest === undefined ? group(separator) : `${group(separator)}${point}${rest}`);
    return [plain, joined(",", "."), joined(".", ","), joined(" ", ","), joined("'", "."), joined("", ",")];
  });
  return value < 0 ? forms.flatMap((form) => [`-${form}`, `(${form})`, form]) : forms;
}

function dateForms(value: string, facts: DocumentFacts): string[] {
  const [, year, month, day] = ISO_DATE.exec(value) ?? [];
  if (year === undefined || month === undefined || day === undefined) return [];
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (Number.isNaN(date.getTime())) return [];
  const [shortDay, shortMonth] = [String(Number(day)), String(Number(month))];
  const numeric = ["/", ".", "-"].flatMap((mark) => [
    ...[day, shortDay].flatMap((d) => [month, shortMonth].flatMap((m) => [`${d}${mark}${m}${mark}${year}`, `${m}${mark}${d}${mark}${year}`])),
    `${year}${mark}${month}${mark}${day}`,
  ]);
  const languages = [...new Set([primaryLanguage(facts.language), "en"])].filter((language) => /^[a-z]{2,3}$/.test(language) && language !== "und");
  const worded = languages.flatMap((language) =>
    (["long", "short"] as const).flatMap((length) => {
      const name = new Intl.DateTimeFormat(language, { month: length, timeZone: "UTC" }).format(date).replace(/\.$/, "");
      return [
        `${name} ${shortDay}, ${year}`,
        `${shortDay} ${name} ${year}`,
        `${shortDay}. ${name} ${year}`,
        `${name} ${shortDay} ${year}`,
        `${day} ${name} ${year}`,
      ];
    }),
  );
  return [...numeric, ...worded];
}
