/** No extraction: the document is its text already, and is taken as it is. */
import { decodeText, plainDocument } from "../../document/plain.ts";
import { sniff } from "../../document/sniff.ts";
import { PermanentError } from "../../schema/errors.ts";
import type { TextExtractor } from "../contract.ts";

const PARSER = "no-op";

/** A text extractor for texts that something else extracted. HTML, CSV and JSON stay what they are, too; what is no text is refused. */
export function createNoOp(instance: string): TextExtractor {
  return {
    instance,
    parser: PARSER,
    async extract({ bytes, fileName, language, maximumTextBytes }, { signal }) {
      signal.throwIfAborted();
      const kind = sniff(bytes);
      if (kind.is === "empty") throw new PermanentError("document_empty", `${fileName} is empty (0 bytes).`);
      if (kind.is !== "text")
        throw new PermanentError("not_supported", `${fileName} is no text, and the text extractor ${instance} only takes texts. Use builtin.`);
      const text = decodeText(bytes);
      if (Buffer.byteLength(text) > maximumTextBytes) {
        throw new PermanentError("limit_exceeded", `The text of ${fileName} is over the limit of ${maximumTextBytes} bytes. Split it, or raise the limit.`);
      }
      return plainDocument(text, PARSER, language);
    },
  };
}
