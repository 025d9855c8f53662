/** The retrieval strategy "recursive": small chunks are searched, each grows to the section that it stands in, and the sections that it refers to are followed. */
import { chunkText } from "../document/chunk.ts";
import { referencesIn, type Section, sectionNamed, sectionsAt, sectionsOf } from "../document/sections.ts";
import type { DocumentIndex } from "./index.ts";
import { beginning, hitOf, type Ranked, rankTexts, reasonFor, spanOf, termsIn } from "./mixed.ts";
import type { Found, Hit, Search } from "./strategy.ts";

/** A section of more chunks is too much to read for one of them. */
const MOST_CHUNKS_OF_A_SECTION = 4;
const MOST_FOLLOWED_OF_ONE = 3;
/** What is referred to counts so much of what refers to it. */
const FOLLOWED_SHARE = 0.5;

/** The best chunks' sections, each followed by those that it refers to; at most half of the hits are followed. A section that the question itself names comes first. */
export async function recursive(search: Search, question: string): Promise<Found> {
  const { index, document, topK } = search;
  const sections = sectionsOf(document);
  const [ranked = []] = await rankTexts(search, [question], topK);
  const query = termsIn(index, question);
  const asked = referencesIn(question).flatMap(({ key, words }) =>
    sectionHit(search, sectionNamed(sections, key, 0), { score: 1, reason: `the question names ${words}` }),
  );
  const grown = ranked.map((one) => grow(index, sections, one, reasonFor(index, query, one)));
  const followed = [...asked, ...grown].map((hit) => follow(search, sections, hit));
  const hits = withoutRepeats(interleaved([...asked, ...grown], followed, Math.floor(topK / 2))).slice(0, topK);
  const added = hits.filter(({ reason }) => reason.startsWith(FOLLOWED)).length;
  const how =
    sections.length === 0
      ? "by small chunks; the document has no sections to follow"
      : `by small chunks, their sections, and ${added} of the sections that these refer to`;
  return { hits: hits.length > 0 ? hits : beginning(search), how };
}

const FOLLOWED = "referred to";

/** The hits, each with what it refers to after it; `most` of those at most. */
function interleaved(hits: readonly Hit[], followed: readonly (readonly Hit[])[], most: number): Hit[] {
  let left = most;
  return hits.flatMap((hit, place) => {
    const taken = (followed[place] ?? []).slice(0, left);
    left -= taken.length;
    return [hit, ...taken];
  });
}

/** Hits none of whose chunks are in a hit before them: the first that has a place keeps it. */
function withoutRepeats(hits: readonly Hit[]): Hit[] {
  const taken = new Set<number>();
  return hits.filter(({ chunks }) => {
    const isNew = chunks.some((chunk) => !taken.has(chunk));
    for (const chunk of chunks) taken.add(chunk);
    return isNew;
  });
}

/** The chunks that touch a section. */
function chunksOf(index: DocumentIndex, { start, end }: Pick<Section, "start" | "end">): number[] {
  return index.chunks.filter((chunk) => chunk.start < end && chunk.end > start).map((chunk) => chunk.index);
}

/** A chunk as the largest section around it that is no more than four chunks; the chunk alone where there is none. */
function grow(index: DocumentIndex, sections: readonly Section[], one: Ranked, reason: string): Hit {
  const { start = 0, end = 0 } = index.chunks[one.chunk] ?? {};
  const around = sectionsAt(sections, start).length > 0 ? sectionsAt(sections, start) : sectionsAt(sections, end - 1);
  for (const section of around) {
    const chunks = chunksOf(index, section);
    if (chunks.length > MOST_CHUNKS_OF_A_SECTION) continue;
    const ordered = [one.chunk, ...chunks.filter((chunk) => chunk !== one.chunk)];
    return spanOf(index, Math.min(...ordered), Math.max(...ordered), {
      chunks: ordered,
      score: one.score,
      reason: `${reason}; in ${JSON.stringify(section.heading)}`,
    });
  }
  const outer = around.at(-1);
  return hitOf(index, one.chunk, one.score, outer === undefined ? reason : `${reason}; in ${JSON.stringify(outer.heading)}`);
}

/** A section as a hit: its first four chunks. */
function sectionHit({ index }: Search, section: Section | undefined, hit: Pick<Hit, "score" | "reason">): Hit[] {
  const chunks = section === undefined ? [] : chunksOf(index, section).slice(0, MOST_CHUNKS_OF_A_SECTION);
  const [first, last] = [chunks[0], chunks.at(-1)];
  return first === undefined || last === undefined ? [] : [spanOf(index, first, last, { ...hit, chunks })];
}

/** The sections that a hit's text refers to and that lie outside it. */
function follow(search: Search, sections: readonly Section[], hit: Hit): Hit[] {
  const [start, end] = hit.range;
  const references = referencesIn(chunkText(search.document, { start, end }));
  const targets = references.flatMap(({ key, words }) => {
    const section = sectionNamed(sections, key, start);
    return section === undefined || (section.start >= start && section.start < end) ? [] : [{ section, words }];
  });
  return targets.slice(0, MOST_FOLLOWED_OF_ONE).flatMap(({ section, words }) =>
    sectionHit(search, section, {
      score: hit.score * FOLLOWED_SHARE,
      reason: `${FOLLOWED} as ${JSON.stringify(words)} by the hit before; ${JSON.stringify(section.heading)}`,
    }),
  );
}
