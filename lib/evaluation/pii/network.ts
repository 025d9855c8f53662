/** Addresses: e-mail, web, and those of devices. */
import { isIPv4, isIPv6 } from "node:net";
import validator from "validator";
import type { PiiFinding, Recogniser } from "./recogniser.ts";

/** Ends of domain names that are common enough to be taken for one without http in front. */
const TOP_LEVEL =
  "com|org|net|edu|gov|mil|int|info|biz|name|pro|io|ai|app|dev|cloud|online|site|shop|store|tech|xyz|club|me|tv|eu|us|uk|ca|au|nz|de|at|ch|fr|be|nl|lu|it|es|pt|ie|dk|se|no|fi|is|pl|cz|sk|hu|ro|bg|gr|si|hr|rs|ua|ru|tr|il|ae|sa|za|eg|in|pk|cn|hk|tw|jp|kr|sg|my|th|vn|id|ph|br|ar|cl|mx|pe|co";

/** Patterns with nothing more to them. */
export const NETWORK_RECOGNISERS: readonly Recogniser[] = [
  {
    kind: "EMAIL_ADDRESS",
    pattern: /(?<![\p{L}\d._%+-])[\p{L}\d][\p{L}\d._%+'-]{0,63}@[\p{L}\d](?:[\p{L}\d.-]{0,250}[\p{L}\d])?(?![\p{L}\d])/gu,
    score: 1,
    accepts: (found) => validator.isEmail(found, { allow_utf8_local_part: true }),
  },
  { kind: "URL", pattern: /(?<![\p{L}\d])https?:\/\/[\p{L}\d][^\s"'<>()[\]{}|\\^`]{1,2000}(?<![.,;:!?])/giu, score: 0.6 },
  {
    kind: "URL",
    pattern: new RegExp(
      `(?<![\\p{L}\\d@./_-])(?:[a-z\\d](?:[a-z\\d-]{0,61}[a-z\\d])?\\.){1,4}(?:${TOP_LEVEL})(?![\\p{L}\\d@]|\\.[a-z])(?:/[^\\s"'<>()]{0,500})?`,
      "giu",
    ),
    score: 0.5,
    // A missing blank after a full stop makes "end.It" of two sentences.
    accepts: (found) => !/\.[A-Z][a-z]+$/.test(found),
  },
  {
    kind: "MAC_ADDRESS",
    pattern: /(?<![\p{L}\d:.-])(?:[\da-f]{2}([:-])(?:[\da-f]{2}\1){4}[\da-f]{2}|[\da-f]{4}\.[\da-f]{4}\.[\da-f]{4})(?![\p{L}\d:.-]?[\p{L}\d])/giu,
    score: 0.7,
    accepts: (found) => !/^[0:.-]+$|^[f:.-]+$/i.test(found),
  },
];

const IPV6_TOKEN = /(?<![\p{L}\d:.%])[\da-f:][\da-f:.]{1,44}(?:%[a-z\d]{1,16})?(?:\/\d{1,4})?(?![\p{L}\d:%]|\.\d)/giu;
const IPV4_TOKEN = /(?<![\p{L}\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\p{L}\d])(?:\/\d{1,3}(?!\d))?/gu;

/** A token without a prefix length that its family can't have. */
function withoutWrongPrefix(token: string, longest: number): string {
  const [address = "", prefix] = token.split("/");
  return prefix !== undefined && Number(prefix) > longest ? address : token;
}

/** Addresses of the Internet Protocol, versions 4 and 6, with zone and prefix length. */
export function ipAddressesIn(text: string): PiiFinding[] {
  const findings: PiiFinding[] = [];
  const add = (start: number, found: string) => {
    if (!findings.some((other) => start < other.end && other.start < start + found.length))
      findings.push({ kind: "IP_ADDRESS", start, end: start + found.length, score: 0.7 });
  };
  for (const match of text.matchAll(IPV6_TOKEN)) {
    const token = withoutWrongPrefix(match[0].replace(/[.]+$|(?<!:):$/, ""), 128);
    const address = token.split("/")[0] ?? "";
    if (/[\da-f]/i.test(address) && address.includes(":") && isIPv6(address)) add(match.index, token);
  }
  for (const match of text.matchAll(IPV4_TOKEN)) {
    const token = withoutWrongPrefix(match[0], 32);
    if (isIPv4(token.split("/")[0] ?? "")) add(match.index, token);
  }
  return findings;
}
