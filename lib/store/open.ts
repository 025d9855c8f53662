/** From a store's location, as people write it, to the store. */
import { PermanentError } from "../schema/errors.ts";
import type { ObjectStore } from "./object-store.ts";
import type { S3StoreOptions } from "./s3.ts";

/** What a location alone doesn't say. */
export interface OpenStoreOptions {
  /** How to reach a bucket; what is not given is left to the AWS SDK. Used only by "s3://" locations. */
  s3?: Pick<S3StoreOptions, "endpoint" | "region" | "credentials" | "forcePathStyle">;
  /** The clock of a "memory:" store, milliseconds. */
  now?: () => number;
}

/**
 * The store at a location: "memory:" (ends with the process), "s3://BUCKET/PREFIX", or the path of a folder. Only the module that is needed is loaded.
 * Nothing is read or written yet: call `check()` for that. An unknown kind of location throws PermanentError "invalid_configuration".
 */
export async function openStore(location: string, options: OpenStoreOptions = {}): Promise<ObjectStore> {
  if (location === "memory:") {
    const { createMemoryStore } = await import("./memory.ts");
    return createMemoryStore(options.now === undefined ? {} : { now: options.now });
  }
  const bucket = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(location);
  if (bucket?.[1] !== undefined) {
    const { createS3Store } = await import("./s3.ts");
    return createS3Store({ ...options.s3, bucket: bucket[1], prefix: bucket[2] ?? "" });
  }
  // Two letters at least: "c:" is a drive.
  if (location.trim() === "" || /^[a-z][a-z0-9+.-]+:/i.test(location)) {
    throw new PermanentError(
      "invalid_configuration",
      `The store location ${JSON.stringify(location)} is unknown. Give a folder, s3://BUCKET/PREFIX, or memory:.`,
    );
  }
  const { createFsStore } = await import("./fs.ts");
  return createFsStore({ root: location });
}

/** Where a store is, as the configuration says it. */
export type ConfiguredStore = { kind: "fs"; path: string } | { kind: "s3"; bucket: string; prefix: string; endpoint?: string; region?: string };

/** The store of the configuration; as openStore. */
export function openConfigured(store: ConfiguredStore): Promise<ObjectStore> {
  if (store.kind === "fs") return openStore(store.path);
  const { endpoint, region } = store;
  return openStore(`s3://${store.bucket}/${store.prefix}`, { s3: { ...(endpoint ? { endpoint, forcePathStyle: true } : {}), ...(region ? { region } : {}) } });
}
