/** Correctness: has the value the form that its type promises, and is it plausible? Says nothing about the document. */
import type { Json } from "../schema/json.ts";
import type { OutputType } from "../schema/request.ts";
import type { Score } from "../schema/result.ts";
import { meansAbsent } from "../values/absent.ts";
import { isoDay } from "../values/calendar.ts";
import { isEmail } from "../values/email.ts";
import { isShallow } from "../values/json.ts";
import { type CheckInput, score } from "./check.ts";

/** Amounts beyond are more likely two numbers run together. */
const PLAUSIBLE_NUMBER = 1e12;
const PLAUSIBLE_YEARS = [1900, 2100] as const;
const PLAUSIBLE_TEXT_LENGTH = 10_000;

function ofText(value: Json): Score {
  if (Array.isArray(value))
    return value.length > 0 && value.every((entry) => typeof entry === "string")
      ? score(0.9, "a list of texts")
      : score(0.2, "a list that is no list of texts");
  if (typeof value !== "string") return score(0.2, "not a text");
  if (value.trim() === "") return score(0, "an empty text");
  if (value.includes("\ufffd")) return score(0.4, "has characters that could not be decoded");
  if (meansAbsent(value)) return score(0.6, "reads like an answer that there is no value");
  if (value.length > PLAUSIBLE_TEXT_LENGTH) return score(0.6, "an unusually long text");
  return score(1, "a text");
}

function ofNumber(value: Json): Score {
  if (typeof value !== "number" || !Number.isFinite(value)) return score(0, "not a number");
  return Math.abs(value) > PLAUSIBLE_NUMBER ? score(0.4, "an implausibly large number") : score(1, "a number");
}

function ofDate(value: Json): Score {
  const [, year, month, day] = typeof value === "string" ? (/^(\d{4})-(\d{2})-(\d{2})$/.exec(value) ?? []) : [];
  if (year === undefined) return score(0, "not a date as YYYY-MM-DD");
  if (isoDay({ year: Number(year), month: Number(month), day: Number(day) }) === undefined) return score(0, "a day that does not exist");
  const [first, last] = PLAUSIBLE_YEARS;
  const plausible = Number(year) >= first && Number(year) <= last;
  return plausible ? score(1, "a date") : score(0.3, `a year outside ${first} to ${last}`);
}

function ofEmail(value: Json): Score {
  return typeof value === "string" && isEmail(value) ? score(1, "a valid e-mail address") : score(0, "not a valid e-mail address");
}

function ofBoolean(value: Json): Score {
  return typeof value === "boolean" ? score(1, "true or false") : score(0, "neither true nor false");
}

function ofJson(value: Json): Score {
  if (value === null || typeof value !== "object") return score(0.4, "a single value, not an object or list");
  if (!isShallow(value)) return score(0, "nested too deeply");
  return Object.keys(value).length > 0 ? score(1, "an object or list") : score(0.2, "an empty object or list");
}

/** Rows must share their columns; where most cells are empty, columns were probably missed. */
function ofRows(value: Json): Score {
  if (!Array.isArray(value) || value.length === 0) return score(0, "no rows");
  const rows: readonly Json[] = value;
  if (!rows.every((row) => row !== null && typeof row === "object" && !Array.isArray(row))) return score(0.2, "its rows are not objects");
  const columns = new Set(rows.flatMap((row) => Object.keys(row ?? {})));
  const cells = rows.flatMap((row) => Object.values(row ?? {}));
  if (cells.length < rows.length * columns.size) return score(0.5, "its rows have different columns");
  const filled = cells.filter((cell) => cell !== null && cell !== "").length / Math.max(1, cells.length);
  return filled >= 0.5 ? score(1, "rows with the same columns") : score(0.5 + filled / 2, "more than half of its cells are empty");
}

const BY_TYPE: Readonly<Record<OutputType, (value: Json) => Score>> = {
  text: ofText,
  number: ofNumber,
  date: ofDate,
  email: ofEmail,
  boolean: ofBoolean,
  json: ofJson,
  table: ofRows,
  "line-item": ofRows,
};

/** Scores type and format of a value: below .5 it is not what its type promises. No value is right where the output is absent, and wrong elsewhere. */
export function correctness({ value, type, status, enforce }: CheckInput): Score {
  if (value === null) return status === undefined || status === "absent" ? score(1, "no value, as in the document") : score(0, "no value");
  const form = BY_TYPE[type](value);
  const isKept = enforce === false && form.score < 0.5 && typeof value === "string" && value.trim() !== "";
  return isKept ? score(0.6, "kept as printed, since its type is not enforced") : form;
}
