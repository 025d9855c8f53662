/** Where everything is kept. */
import { isAbsolute, resolve } from "node:path";
import { z } from "zod";
import type { Problem } from "../schema/errors.ts";
import { echo } from "../schema/problems.ts";
import { urlSchema } from "../schema/url.ts";
import { given, type Read } from "./read.ts";

/** Where everything is kept. `path` is absolute. */
export type StoreSettings = { kind: "fs"; path: string } | { kind: "s3"; bucket: string; prefix: string; endpoint?: string; region?: string };

/** The store at a location: a folder, or s3://bucket/prefix with what the environment says about the bucket. */
export function storeFrom(location: string, cwd: string, read: Read, problems: Problem[]): StoreSettings {
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(location)) return { kind: "fs", path: isAbsolute(location) ? location : resolve(cwd, location) };
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([A-Za-z0-9._/-]*))?$/.exec(location);
  if (!match) problems.push({ pointer: "", message: `the store location ${echo(location)} must be a folder or s3://bucket/prefix (PROMPT_STUDIO_STORE)` });
  const endpoint = read("S3_ENDPOINT", urlSchema, "must be an http or https URL without user and password");
  const region = read("AWS_REGION", z.string(), "must be a region") ?? read("AWS_DEFAULT_REGION", z.string(), "must be a region");
  return { kind: "s3", bucket: match?.[1] ?? "", prefix: (match?.[2] ?? "").replace(/^\/+|\/+$/g, ""), ...given({ endpoint, region }) };
}
