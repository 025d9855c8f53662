/** The tables of a document. */
import type { DocumentText, Page } from "../../schema/document.ts";
import type { Grid } from "./grid.ts";
import { openGrids } from "./open.ts";
import { linesOfPage } from "./phrases.ts";
import { linesOutside, ruledGrids } from "./ruled.ts";
import type { Ruling, Rulings } from "./rulings.ts";

/** The tables of a page, from top to bottom. */
export function gridsOfPage(document: DocumentText, page: Page): Grid[] {
  const lines = linesOfPage(document, page);
  const rulings = rulingsOfPage(page);
  const ruled = ruledGrids(lines, rulings);
  const rest = linesOutside(
    lines,
    ruled.map((grid) => grid.frame),
  );
  return [...ruled, ...openGrids(rest, rulings)].sort((first, second) => first.frame.top - second.frame.top || first.frame.left - second.frame.left);
}

function rulingsOfPage({ rulings, width, height }: Page): Rulings {
  if (!rulings) return { across: [], down: [] };
  const scaled = ([at, from, to]: readonly [number, number, number], across: number, along: number): Ruling => ({
    at: at * across,
    from: from * along,
    to: to * along,
  });
  return { across: rulings.across.map((ruling) => scaled(ruling, height, width)), down: rulings.down.map((ruling) => scaled(ruling, width, height)) };
}
