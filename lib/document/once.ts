/** Things worked out once per document and kept as long as the document is. */
import type { DocumentText } from "../schema/document.ts";

/** `compute` with a memory: the same document object gives the same result without computing it again. */
export function oncePerDocument<Result>(compute: (document: DocumentText) => Result): (document: DocumentText) => Result {
  const known = new WeakMap<DocumentText, { result: Result }>();
  return (document) => {
    const held = known.get(document) ?? { result: compute(document) };
    known.set(document, held);
    return held.result;
  };
}
