/** Where the single values of an answer stand in the document: the values of a row near each other, the rows one after another. */
import { locateNear } from "../document/locate.ts";
import type { Range } from "../document/views.ts";
import type { DocumentText } from "../schema/document.ts";
import type { Citation } from "../schema/result.ts";
import type { DocumentFacts } from "../values/index.ts";
import type { ConformedLeaf } from "./conform.ts";
import { printedForms } from "./printed.ts";

/** A leaf with its proof. A value that no text of the document shows, such as a choice that was concluded, has the place of its row when that is known, and isn't proven. */
export interface ProvenLeaf extends ConformedLeaf {
  citations: readonly Citation[];
  proven: boolean;
}

/** Characters of the layout view that values of one row may be apart. */
const ROW_REACH = 1_500;
/** Rows that were located one after another move the search on; values of one letter or digit locate nothing by themselves. */
const ANCHOR_LENGTH = 2;

/** Locates every leaf with a value. Leaves of one row (the same innermost list entry) share a neighbourhood. Pure; linear in leaves and text. */
export function proveLeaves(document: DocumentText, facts: DocumentFacts, leaves: readonly ConformedLeaf[]): ProvenLeaf[] {
  const rows = new Map<string, ConformedLeaf[]>();
  for (const leaf of leaves) {
    const row = rows.get(rowOf(leaf.pointer));
    if (row) row.push(leaf);
    else rows.set(rowOf(leaf.pointer), [leaf]);
  }
  let near = 0;
  const proven = new Map<ConformedLeaf, ProvenLeaf>();
  for (const row of rows.values()) {
    const anchor = anchorOf(document, facts, row, near);
    if (anchor) near = anchor.range[0];
    const taken: Range[] = [];
    for (const leaf of row) {
      const { place, ...result } = proveLeaf(document, facts, leaf, anchor, taken);
      if (place) taken.push(place);
      proven.set(leaf, result);
    }
  }
  return leaves.map((leaf) => proven.get(leaf) ?? { ...leaf, citations: [], proven: false });
}

/** The innermost list entry that a pointer lies in. */
function rowOf(pointer: string): string {
  return /^(.*\/\d+)(?:\/[^/]*\D[^/]*)*$/.exec(pointer)?.[1] ?? "";
}

type Anchor = NonNullable<ReturnType<typeof locateNear>>;

/** The place of the row's most telling value: letters tell more than digits, long ones more than short ones. */
function anchorOf(document: DocumentText, facts: DocumentFacts, row: readonly ConformedLeaf[], near: number): Anchor | undefined {
  const weight = ({ printed, node }: ConformedLeaf) => (node.choices ? 0 : printed.length + (/\p{L}{2}/u.test(printed) ? 5 : 0));
  const telling = row
    .filter(({ printed, node }) => printed.length >= ANCHOR_LENGTH && node.type !== "boolean")
    .sort((left, right) => weight(right) - weight(left));
  for (const leaf of telling.slice(0, 4)) {
    const place = locateNear(document, printedForms(leaf, facts), near);
    if (place) return place;
  }
  return undefined;
}

/** A free place only counts while it is on the anchor's line: further away it is another row's. */
function sameLine({ layout }: DocumentText, place: Anchor | undefined, anchor: Anchor | undefined): Anchor | undefined {
  if (place === undefined || anchor === undefined) return undefined;
  const [from, to] = place.range[0] < anchor.range[0] ? [place.range[0], anchor.range[0]] : [anchor.range[0], place.range[0]];
  return layout.text.slice(from, to).includes("\n") ? undefined : place;
}

/** A row's values that print the same have a place each, as long as there are so many; then they share one. */
function proveLeaf(
  document: DocumentText,
  facts: DocumentFacts,
  leaf: ConformedLeaf,
  anchor: Anchor | undefined,
  taken: readonly Range[],
): ProvenLeaf & { place?: Range } {
  if (leaf.value === null) return { ...leaf, citations: [], proven: false };
  const forms = printedForms(leaf, facts);
  const look = (avoided: readonly Range[]) => anchor && locateNear(document, forms, anchor.range[0], { reach: ROW_REACH, taken: avoided });
  const found = sameLine(document, look(taken), anchor) ?? look([]);
  if (found) return { ...leaf, citations: [found.citation], proven: true, place: found.range };
  return { ...leaf, citations: anchor ? [anchor.citation] : [], proven: false };
}
