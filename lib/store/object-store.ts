/** The one port that everything is written over. Small on purpose: what the weakest of a file system, a bucket and memory can promise. */

/** What may be written: bytes, or a stream of bytes for what should not lie in memory. */
export type Body = Uint8Array | AsyncIterable<Uint8Array>;

/** Part of an object: bytes `start` up to, not including, `end`. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * What an object outlives once its write has resolved. "process-death": what is killed is the processes, and the machine goes on; after a loss of power it may be
 * missing, or have lost its content. A store may promise more than it is asked for.
 */
export type Durability = "power-loss" | "process-death";

/**
 * An object store. Keys follow lib/store/layout.ts; any other key is refused with PermanentError "internal".
 * A reader sees a whole object or none, never a part. When a write's promise resolves, the object survives a loss of power, unless less is asked for.
 * Failures of the store itself (full, read-only, unreachable) throw RetryableError "store_unavailable" with what to do in the message.
 */
export interface ObjectStore {
  readonly name: "fs" | "s3" | "memory";
  /** The object's bytes, or undefined when there is none. A range beyond the end is cut. */
  get(key: string, range?: ByteRange): Promise<Uint8Array | undefined>;
  /** The object as a stream, or undefined when there is none. */
  getStream(key: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Writes unless the key exists. True for exactly one of any number of racing writers; a writer whose own bytes are there already has won. */
  putIfAbsent(key: string, body: Body, durability?: Durability): Promise<boolean>;
  /** Writes or replaces. */
  put(key: string, body: Body): Promise<void>;
  /** Keys that begin with `prefix`, ascending by code unit, only those greater than `after`. */
  list(prefix: string, after?: string): AsyncIterable<string>;
  /** Removes; no error when there is nothing. */
  delete(key: string): Promise<void>;
  /** Milliseconds since the object was last written, by the store's own clock alone; undefined when there is none. */
  ageMs(key: string): Promise<number | undefined>;
  /** Proves what a run needs (writing, conditional writing, deleting); throws "store_unsupported" or "store_unavailable" saying what to change. Called once at start, and by `doctor`. */
  check(): Promise<void>;
}
