/** From a place in the text of a table file to its row or cell. */
import type { DocumentText } from "../schema/document.ts";
import type { Citation } from "../schema/result.ts";
import { upperBound } from "./views.ts";

/** The row of a csv file, or the cell or range of cells of one sheet ("Sheet1!B7", "Sheet1!A7:B7"), that [start, end) begins in and, for cells, ends in. Nothing for other documents. */
export function placeOf({ origins }: DocumentText, start: number, end: number): Pick<Citation, "row" | "cell"> {
  if (!origins) return {};
  const first = upperBound(origins.starts, start) - 1;
  const last = Math.max(first, upperBound(origins.starts, end - 1) - 1);
  const row = origins.rows?.[first];
  if (row !== undefined) return { row };
  const from = origins.cells?.[first] ?? "";
  const to = origins.cells?.[last] ?? "";
  if (from === "" || from === to || to === "") return from === "" ? {} : { cell: from };
  const bang = from.lastIndexOf("!");
  const isOneSheet = to.slice(0, bang + 1) === from.slice(0, bang + 1);
  return { cell: isOneSheet ? `${from}:${to.slice(bang + 1)}` : from };
}
