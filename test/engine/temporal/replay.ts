/** Replays: the workflow of this version, told what Temporal wrote about a run, must do what was done then. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { DefaultLogger, Runtime, Worker } from "@temporalio/worker";

/** Where recorded histories are kept. */
export const HISTORIES = join(import.meta.dirname, "histories");

/** Temporal's form of a history. The package is the one that the SDK's own packages share: no other copy can read their messages. */
interface HistoryCodec {
  encode(history: unknown): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
}
const ofSdk = createRequire(createRequire(import.meta.url).resolve("@temporalio/worker"));
const codec: HistoryCodec = ofSdk("@temporalio/proto").temporal.api.history.v1.History;

const codePath = join(import.meta.dirname, "../../../dist/lib/engine/temporal/workflow-bundle.cjs");

/** A history as it is kept in a file: base64 in lines, without the name of the machine it was made on. */
export function encodeHistory(history: object): string {
  const anonymous: object = codec.decode(codec.encode(history).finish());
  forgetIdentities(anonymous);
  const base64 = Buffer.from(codec.encode(anonymous).finish()).toString("base64");
  return `${base64.replace(/.{160}/g, "$&\n").trimEnd()}\n`;
}

/** The other way round. */
export function decodeHistory(text: string): object {
  return codec.decode(Buffer.from(text, "base64"));
}

function forgetIdentities(part: object): void {
  for (const [name, value] of Object.entries(part)) {
    if (name === "identity") Object.assign(part, { identity: "worker" });
    else if (typeof value === "object" && value !== null && !(value instanceof Uint8Array)) forgetIdentities(value);
  }
}

/** Rejects with DeterminismViolationError when the workflow does something else than the history says. */
export async function replay(history: object): Promise<void> {
  const quiet = new DefaultLogger("ERROR", () => undefined);
  try {
    Runtime.install({ logger: quiet, telemetryOptions: { logging: { filter: { core: "ERROR" }, forward: {} } } });
  } catch {
    // Somebody in this process has one.
  }
  await Worker.runReplayHistory({ workflowBundle: { codePath } }, history);
}
