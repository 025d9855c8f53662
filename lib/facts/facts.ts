/** What is known of a document before anything is asked: how it writes numbers and dates, what it is, its sections and what refers to them, and whether it is several documents. Each worked out once. */
import { oncePerDocument } from "../document/once.ts";
import { type Reference, referencesOf, type Section, sectionsOf } from "../document/sections.ts";
import type { DocumentText } from "../schema/document.ts";
import type { DocumentKind, PacketDocument } from "../schema/result.ts";
import { type DocumentFacts, documentFacts } from "../values/index.ts";
import { documentsOf } from "./packet.ts";

/** The facts of a document. `kind` is "unknown" for several documents of different kinds; `documents` has at least one. Sections and references are worked out when they are first read. */
export interface Facts {
  writing: DocumentFacts;
  kind: DocumentKind;
  kindReason: string;
  documents: readonly PacketDocument[];
  readonly sections: readonly Section[];
  readonly references: readonly Reference[];
}

/** How a document writes numbers and dates: its language, decimal separator, order of dates and currency. Worked out once per document. */
export const writingOf: (document: DocumentText) => DocumentFacts = oncePerDocument((document) => documentFacts(document.reading.text, document.language));

/** All facts of a document. */
export const factsOf: (document: DocumentText) => Facts = oncePerDocument((document) => {
  const documents = documentsOf(document);
  return {
    writing: writingOf(document),
    ...kindOfAll(documents),
    documents,
    get sections() {
      return sectionsOf(document);
    },
    get references() {
      return referencesOf(document);
    },
  };
});

function kindOfAll(documents: readonly PacketDocument[]): Pick<Facts, "kind" | "kindReason"> {
  const [first] = documents;
  if (first === undefined) return { kind: "unknown", kindReason: "there is nothing to read" };
  if (documents.length === 1) return { kind: first.kind, kindReason: first.reason };
  const isSame = documents.every(({ kind }) => kind === first.kind);
  return { kind: isSame ? first.kind : "unknown", kindReason: `${documents.length} documents${isSame ? "" : " of different kinds"}` };
}
