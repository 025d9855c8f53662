/** What this process knows of the dispatches that it works on: their shapes, what has been committed, and what has been sent. */
import { createRecent } from "../../recent.ts";
import type { PipelineShape, Settled } from "../../schema/pipeline.ts";
import { resultRecordSchema } from "../../schema/records.ts";
import { runKeys } from "../../store/layout.ts";
import type { ObjectStore } from "../../store/object-store.ts";
import { inParallel, keysOf, readRecord } from "../../store/records.ts";
import type { Dispatch, Doors } from "../contract.ts";
import { settledOf } from "../end.ts";
import type { Settling } from "./broker.ts";
import { START } from "./calls.ts";

/** Dispatches remembered at once; one that is forgotten is read again. */
const REMEMBERED = 200;

type Loaded = Awaited<ReturnType<Doors["load"]>>;

/** What is known of a dispatch. */
export interface Known {
  readonly journal: Map<string, Settled>;
  /** Calls that others settled and whose results are not read yet. */
  readonly unread: Set<string>;
  /** Calls that are known to have been sent. What sent them settled a call that is in the journal or unread. */
  readonly sent: Set<string>;
  /** Calls of this journal that are being settled, and calls that are being sent: the broker's answer is under way. */
  readonly settling: Set<string>;
  readonly sending: Set<string>;
  /** The place of the last settled call that was heard of; "" for none. */
  heard: string;
  /** Calls that had a message when the broker answered last. */
  open: number;
  /** The store was asked for everything that is committed. */
  isListed: boolean;
}

export interface Runs {
  /** The shape of a run, or what is to be done instead. Asks `load` once per dispatch. */
  shape(dispatch: Dispatch): Promise<Loaded>;
  known(dispatch: Dispatch): Known;
  /** Begins anew: nothing that was known counts any more, but the shape. Where `instead` is given and was replaced already, that is it. */
  renew(dispatch: Dispatch, instead?: Known): Known;
  /** Reads what the journal lacks: one list once, and then the result of each call that others settled. */
  read(dispatch: Dispatch, known: Known): Promise<void>;
  forget(dispatch: Dispatch): void;
}

/** Over the doors and the store. Several workers may share it. */
export function createRuns(doors: Doors, store: ObjectStore): Runs {
  const entries = createRecent<string, { shape?: PipelineShape; known: Known }>(REMEMBERED);
  const entryOf = (dispatch: Dispatch) => {
    const id = idOf(dispatch);
    const entry = entries.get(id) ?? { known: nothing() };
    entries.set(id, entry);
    return entry;
  };
  return {
    async shape(dispatch) {
      const entry = entryOf(dispatch);
      if (entry.shape) return { is: "ready", shape: entry.shape };
      const loaded = await doors.load(dispatch);
      if (loaded.is === "ready") entry.shape = loaded.shape;
      return loaded;
    },
    known: (dispatch) => entryOf(dispatch).known,
    renew(dispatch, instead) {
      const entry = entryOf(dispatch);
      // Another message of this dispatch may have begun anew meanwhile.
      if (instead === undefined || entry.known === instead) entry.known = nothing();
      return entry.known;
    },
    async read(dispatch, known) {
      const { results, result } = runKeys(dispatch.tenant, dispatch.runId);
      const { journal, unread } = known;
      const heard = [...unread];
      const listed = known.isListed ? [] : (await keysOf(store, results)).map((key) => key.slice(results.length));
      const lacking = [...listed, ...heard].filter((call) => !journal.has(call));
      await inParallel(lacking, async (call) => {
        const record = await readRecord(store, result(call), resultRecordSchema);
        if (record) journal.set(call, settledOf(record));
      });
      known.isListed = true;
      for (const call of heard) unread.delete(call);
    },
    forget: (dispatch) => entries.delete(idOf(dispatch)),
  };
}

/** Whether there is something that the journal lacks, as far as is known. */
export function isBehind({ isListed, unread }: Known): boolean {
  return !isListed || unread.size > 0;
}

/** Whether this process has heard that the call is settled, so that its message is one that came back. */
export function isSettled({ journal, unread }: Known, call: string): boolean {
  return journal.has(call) || unread.has(call);
}

/** Notes what the broker answered to a settlement, which brought these messages. When it forgot, what was heard of before means nothing to it. */
export function learn(known: Known, messages: readonly { name: string }[], { what, place, open, sent, unheard, sentByOthers }: Settling): void {
  if (what === "forgot") return;
  known.heard = place;
  known.open = open;
  for (const name of [...messages.slice(0, sent).map((message) => message.name), ...sentByOthers]) known.sent.add(name);
  for (const call of unheard) if (call !== START && !known.journal.has(call)) known.unread.add(call);
}

function nothing(): Known {
  return { journal: new Map(), unread: new Set(), sent: new Set(), settling: new Set(), sending: new Set(), heard: "", open: 0, isListed: false };
}

function idOf({ tenant, runId, n }: Dispatch): string {
  return `${tenant}:${runId}:${n}`;
}
