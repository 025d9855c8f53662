/** Personal data in a text, found by form, check digits and the words around; no model, and nothing leaves the process. Names of people and places are not looked for. */
import { DATE_RECOGNISERS } from "./pii/dates.ts";
import { ipAddressesIn, NETWORK_RECOGNISERS } from "./pii/network.ts";
import { ibansIn, NUMBER_RECOGNISERS } from "./pii/numbers.ts";
import { phonesIn } from "./pii/phones.ts";
import { type PiiFinding, recognise } from "./pii/recogniser.ts";

export type { PiiFinding, PiiKind } from "./pii/recogniser.ts";

/** Longer texts are looked at in part, UTF-16 code units. */
const MAXIMUM_LENGTH = 200_000;
const RECOGNISERS = [...NUMBER_RECOGNISERS, ...NETWORK_RECOGNISERS, ...DATE_RECOGNISERS];

/**
 * Where a text holds personal data, ascending and without overlaps: of two readings of one place the surer stays, then the longer. Only places and kinds, never the text.
 * `language` ("de") says where telephone numbers without a country's code are from. The first 200,000 characters count.
 */
export function findPii(text: string, { language = "" }: { language?: string } = {}): PiiFinding[] {
  const looked = text.slice(0, MAXIMUM_LENGTH);
  const all = [
    ...RECOGNISERS.flatMap((recogniser) => recognise(looked, recogniser)),
    ...ibansIn(looked),
    ...ipAddressesIn(looked),
    ...phonesIn(looked, language),
  ].sort((one, other) => other.score - one.score || other.end - other.start - (one.end - one.start) || one.start - other.start);
  return withoutOverlaps(all, looked.length).sort((one, other) => one.start - other.start);
}

/** The first of those that share a character, in the order given. */
function withoutOverlaps(findings: readonly PiiFinding[], length: number): PiiFinding[] {
  if (findings.length === 0) return [];
  const taken = new Uint8Array(length);
  return findings.filter(({ start, end }) => {
    if (taken.subarray(start, end).includes(1)) return false;
    taken.fill(1, start, end);
    return true;
  });
}
