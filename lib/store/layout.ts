/** Every key of the store, and nothing else makes keys. */
import { createHash } from "node:crypto";

const KEY = /^(?:[a-z0-9_-]{1,100})(?:\/[a-z0-9_-]{1,100})*$/;
const PREFIX = /^(?:[a-z0-9_-]{1,100}\/)*[a-z0-9_-]{0,100}$/;
const WINDOWS_DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)$/;
const LONGEST_SEGMENT = 100;

/** Whether the store may be asked for this key. */
export function isKey(key: string): boolean {
  return KEY.test(key);
}

/** Whether the store may be asked to list this prefix. */
export function isPrefix(prefix: string): boolean {
  return PREFIX.test(prefix);
}

/**
 * Any text as one segment of a key: a-z, 0-9 and "-" stay, every other UTF-8 byte becomes "_xx". Different texts give different segments,
 * also on file systems that ignore case. One that would be longer than 100 bytes is cut and ends in its SHA-256.
 */
export function segment(text: string): string {
  let escaped = "";
  for (const byte of Buffer.from(text, "utf8")) {
    const character = String.fromCharCode(byte);
    escaped += /[a-z0-9-]/.test(character) ? character : `_${byte.toString(16).padStart(2, "0")}`;
  }
  if (WINDOWS_DEVICE.test(escaped)) escaped = `_${escaped.charCodeAt(0).toString(16)}${escaped.slice(1)}`;
  if (escaped === "") return "_";
  if (escaped.length <= LONGEST_SEGMENT) return escaped;
  return `${escaped.slice(0, 35)}_-${createHash("sha256").update(text).digest("hex").slice(0, 63)}`;
}

/** A number of an append-only series (claims, attempts, owners), padded so that text order is number order. */
export function ordinal(number: number): string {
  return String(number).padStart(6, "0");
}

/** The number that a key of such a series ends with. */
export function ordinalOf(key: string): number {
  return Number(/\d+$/.exec(key)?.[0]);
}

/** The keys of one run. `call` is a call's key, such as "agentic-extract/0007". */
export function runKeys(tenant: string, runId: string) {
  const base = `t/${segment(tenant)}/runs/${segment(runId)}`;
  return {
    base: `${base}/`,
    request: `${base}/request`,
    owners: `${base}/owner/`,
    owner: (n: number) => `${base}/owner/${ordinal(n)}`,
    /** What an engine answered to the n-th dispatch, where it must be asked with that. */
    sent: (n: number) => `${base}/sent/${ordinal(n)}`,
    // A call has no "_" in its key, and on a disk a folder for each call would take as long to make as its claim.
    claims: (call: string) => `${base}/claims/${call}_`,
    claim: (call: string, n: number) => `${base}/claims/${call}_${ordinal(n)}`,
    allClaims: `${base}/claims/`,
    /** The call whose claim has this key. */
    claimedCall: (key: string) => key.slice(`${base}/claims/`.length, key.lastIndexOf("_")),
    attempts: (call: string) => `${base}/attempts/${call}/`,
    attempt: (call: string, n: number) => `${base}/attempts/${call}/${ordinal(n)}`,
    allAttempts: `${base}/attempts/`,
    result: (call: string) => `${base}/results/${call}`,
    results: `${base}/results/`,
    paid: (call: string, hash: string) => `${base}/paid/${call}/${hash}`,
    allPaid: `${base}/paid/`,
    /** What a call has to find again by a name alone. */
    kept: (call: string, name: string) => `${base}/kept/${call}/${segment(name)}`,
    wasted: (call: string, n: number) => `${base}/wasted/${call}/${ordinal(n)}`,
    cancel: `${base}/cancel`,
    end: `${base}/end`,
    active: `active/${segment(tenant)}/${segment(runId)}`,
    outbox: `outbox/${segment(tenant)}/${segment(runId)}`,
  };
}

/** Newest first: the time counts down from a far future, so text order is age order. */
export function recentKey(tenant: string, createdMs: number, runId: string): string {
  return `recent/${segment(tenant)}/${String(9_999_999_999_999 - createdMs).padStart(13, "0")}-${segment(runId).slice(0, 86)}`;
}

/** Below it stand a tenant's runs, the newest first. */
export const recentPrefix = (tenant: string): string => `recent/${segment(tenant)}/`;
/** The lease of a process. */
export const processKey = (id: string): string => `processes/${segment(id)}`;
/** When an engine was last away. */
export const outageKey = (engine: string): string => `outages/${segment(engine)}`;
/** Bytes by their content. */
export const artifactKey = (tenant: string, sha256: string): string => `t/${segment(tenant)}/artifacts/${sha256}`;
/** An index; it is there when all of it is. */
export const indexKey = (tenant: string, indexId: string): string => `t/${segment(tenant)}/indexes/${segment(indexId)}/ready`;
/** The paper's fixed place of the extracted text. A copy: the truth is the committed reference. */
export const extractionKey = (tenant: string, runId: string): string => `t/${segment(tenant)}/extractions/${segment(`${runId}_extracted.txt`)}`;
/** Runs without an end. */
export const ACTIVE_PREFIX = "active/";
/** Ends that are still to be delivered. */
export const OUTBOX_PREFIX = "outbox/";
/** Leases of all processes. */
export const PROCESSES_PREFIX = "processes/";
