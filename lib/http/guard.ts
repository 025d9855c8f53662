/** Who asks: a tenant with a key, or somebody at this machine where there are no keys. */
import { timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import { type ApiKey, hashOf } from "../config/http.ts";
import { PermanentError } from "../schema/errors.ts";

export interface GuardOptions {
  keys: readonly ApiKey[];
  /** Without keys: whether callers at this machine are served, and as which tenant. */
  keyless: "loopback" | "refused";
  tenant: string;
}

/** The tenant of a request. Throws PermanentError "unauthorized" or "forbidden". `remoteAddress` is undefined where the server doesn't know it. */
export function tenantOf(headers: Headers, remoteAddress: string | undefined, { keys, keyless, tenant }: GuardOptions): string {
  if (keys.length > 0) return tenantOfKey(headers.get("authorization"), keys);
  if (keyless === "refused") {
    throw new PermanentError("unauthorized", "This server has no keys, so it serves nobody: set PROMPT_STUDIO_API_KEYS to tenant:key.");
  }
  const problem = whyNotLocal(headers, remoteAddress);
  if (problem !== undefined) {
    throw new PermanentError(
      "forbidden",
      `This server has no keys, so it serves only its own machine, and ${problem}. Set PROMPT_STUDIO_API_KEYS to serve others.`,
    );
  }
  return tenant;
}

/** Every key is compared, each in constant time, so that the time of an answer tells nothing about the keys. */
function tenantOfKey(authorization: string | null, keys: readonly ApiKey[]): string {
  const presented = /^Bearer +([\x21-\x7e]{1,1000}) *$/i.exec(authorization ?? "")?.[1];
  const hash = Buffer.from(hashOf(presented ?? ""), "hex");
  let found: string | undefined;
  for (const { tenant, sha256 } of keys) {
    if (timingSafeEqual(hash, Buffer.from(sha256, "hex"))) found = tenant;
  }
  if (presented !== undefined && found !== undefined) return found;
  const what = authorization === null ? "A key is needed" : "The key is not one of this server's";
  throw new PermanentError("unauthorized", `${what}: send the header "Authorization: Bearer KEY".`);
}

/** Why a request may have come from elsewhere: another machine, a proxy, or a page that a browser on this machine shows. */
function whyNotLocal(headers: Headers, remoteAddress: string | undefined): string | undefined {
  if (remoteAddress !== undefined && !isLoopback(remoteAddress)) return "this request came from another one";
  if (headers.has("forwarded") || headers.has("x-forwarded-for")) return "this request came through a proxy";
  const host = headers.get("host");
  if (host !== null && !isLoopback(hostNameOf(`http://${host}`))) return "this request names another host";
  const origin = headers.get("origin");
  const site = headers.get("sec-fetch-site");
  const isForeignPage = (origin !== null && origin !== `http://${host}`) || (site !== null && site !== "same-origin" && site !== "none");
  return isForeignPage ? "this request came from a page of another origin" : undefined;
}

function hostNameOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, "") : "";
}

/** Whether a host name or address can only mean this machine. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, "");
  if (name === "localhost" || name === "::1") return true;
  const address = name.replace(/^::ffff:/, "");
  return isIP(address) === 4 && address.startsWith("127.");
}
