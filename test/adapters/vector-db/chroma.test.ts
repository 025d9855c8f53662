import { createChroma } from "../../../lib/adapters/vector-db/chroma.ts";
import { badServiceConformance } from "../../conformance/bad-service.ts";
import { adapterContext, newLedger } from "../../support/adapter-context.ts";

badServiceConformance({
  name: "vector database chroma",
  source: "chroma",
  ask: (url, signal) =>
    createChroma({ instance: "mine", url, apiKey: "chroma-key-1", keyHint: "CHROMA_API_KEY" })({ tenant: "t", model: "m", dimensions: 2 }).query(
      "a".repeat(64),
      Float32Array.of(1, 0),
      3,
      adapterContext(newLedger(), signal),
    ),
});
