/** What the HTTP interface is told: where it listens, who may ask, and which files it may touch. */
import { createHash } from "node:crypto";
import { isAbsolute, join, resolve } from "node:path";
import { z } from "zod";
import type { Problem } from "../schema/errors.ts";
import { identifierSchema } from "../schema/request.ts";
import { given, type Read } from "./read.ts";

/** Stands in the folder of files for the name of the tenant that asks. */
export const TENANT_PLACEHOLDER = "{tenant}";

/** A key by its SHA-256 (hex), and whose it is. The key itself is forgotten. */
export interface ApiKey {
  tenant: string;
  sha256: string;
}

export interface HttpSettings {
  host: string;
  port: number;
  /** Without any only this machine is served. */
  apiKeys: readonly ApiKey[];
  /** The folder of documents that a request may name by `file_path`; absolute, with the placeholder where each tenant has its own. */
  files?: string;
  /** How long the host lets one request take, where it has a limit. */
  hostLimitMs?: number;
}

/** Settings of the file under "http". */
export const httpFileSchema = z.strictObject({ host: z.string().min(1).max(255), port: z.int().min(0).max(65_535), files: z.string().min(1) }).partial();

/** Reads the settings. Wrong keys are reported by their place in the list, never by what they are. */
export function httpFrom(
  source: {
    flags: { host?: string | undefined; port?: number | undefined };
    file: z.infer<typeof httpFileSchema> | undefined;
    cwd: string;
    keys: string | undefined;
  },
  read: Read,
  problems: Problem[],
): HttpSettings {
  const { flags, file, cwd } = source;
  const apiKeys = keysFrom(source.keys, problems);
  const folder = read("PROMPT_STUDIO_FILES", z.string().min(1), "must be a folder") ?? file?.files;
  const tenants = new Set(apiKeys.map(({ tenant }) => tenant));
  if (folder !== undefined && tenants.size > 1 && !folder.includes(TENANT_PLACEHOLDER)) {
    problems.push({
      pointer: "",
      message: `PROMPT_STUDIO_FILES is one folder for ${tenants.size} tenants, who would read each other's documents; write ${TENANT_PLACEHOLDER} in it, as in files/${TENANT_PLACEHOLDER}`,
    });
  }
  return {
    host: flags.host ?? read("PROMPT_STUDIO_HOST", z.string().min(1).max(255), "must be a host name or address") ?? file?.host ?? "127.0.0.1",
    port: flags.port ?? read("PROMPT_STUDIO_PORT", z.coerce.number().int().min(0).max(65_535), "must be a port from 0 to 65535") ?? file?.port ?? 3000,
    apiKeys,
    ...given({
      hostLimitMs: read(
        "PROMPT_STUDIO_HOST_LIMIT_SECONDS",
        z.coerce
          .number()
          .min(60)
          .max(86_400)
          .transform((seconds) => Math.round(seconds * 1000)),
        "must be 60 to 86400 seconds",
      ),
    }),
    ...given({ files: folder === undefined ? undefined : isAbsolute(folder) ? folder : resolve(cwd, folder) }),
  };
}

function keysFrom(text: string | undefined, problems: Problem[]): ApiKey[] {
  if (!text) return [];
  const keys = new Map<string, ApiKey>();
  for (const [index, entry] of text.split(",").entries()) {
    const colon = entry.indexOf(":");
    const tenant = entry.slice(0, Math.max(0, colon)).trim();
    const key = entry.slice(colon + 1).trim();
    const wrong = (what: string) => problems.push({ pointer: "", message: `entry ${index + 1} of PROMPT_STUDIO_API_KEYS ${what}` });
    if (colon < 1 || key === "" || /[^\x21-\x7e]/.test(key)) wrong("must be tenant:key, with a key of printable characters");
    else if (!identifierSchema.safeParse(tenant).success || tenant === "." || tenant === "..") wrong("must have a tenant of 1 to 128 of A-Z a-z 0-9 . _ -");
    else {
      const sha256 = hashOf(key);
      const other = keys.get(sha256);
      if (other !== undefined && other.tenant !== tenant) wrong("has the key of another tenant");
      else keys.set(sha256, { tenant, sha256 });
    }
  }
  return [...keys.values()];
}

/** How a key is kept and compared: keys are long and random, so a plain hash is enough. */
export function hashOf(key: string): string {
  return createHash("sha256").update(key, "utf8").digest("hex");
}

/** The folder of a tenant's files; undefined when no request may name files. */
export function filesFolder({ files }: Pick<HttpSettings, "files">, tenant: string): string | undefined {
  return files === undefined ? undefined : join(files.replaceAll(TENANT_PLACEHOLDER, tenant));
}
