/** The ledger of paid requests, as stages and adapters see it (lib/engine/paid.ts keeps it). */
import type { Json } from "../schema/json.ts";
import type { Usage } from "../schema/result.ts";

/**
 * Looks up the answer stored for (key, request); if there is none, performs the request, stores answer and usage, and returns what the store holds.
 * `key` names purpose and try ("answer/1"); `request` is the canonical request without secrets, clock or random numbers.
 */
export type Paid = <T extends Json>(key: string, request: Json, perform: () => Promise<{ answer: T; usage: Usage; model: string }>) => Promise<T>;
