/** The HTTP interface over a store in memory, with folders of its own. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { openService } from "../../inngest.config.ts";
import { createMemoryStore } from "../../lib/store/memory.ts";
import type { ObjectStore } from "../../lib/store/object-store.ts";
import { keysOf } from "../../lib/store/records.ts";

export const KEYS = { acme: "key-of-acme-0001", globex: "key-of-globex-0002" };
export const REQUEST = { outputs: [{ name: "total", prompt: "What is the total?" }] };

export interface World {
  folder: string;
  store: ObjectStore;
  service: Awaited<ReturnType<typeof openService>>;
  /** A request with acme's key. */
  ask(path: string, init?: RequestInit & { key?: string | undefined }): Promise<Response>;
  post(value: unknown, init?: RequestInit): Promise<Response>;
  /** Runs in the store, of whoever. */
  written(): Promise<string[]>;
  close(): Promise<void>;
}

/** A service without a worker, of the embedded engine unless `env` says otherwise. acme's files lie in `folder`/acme. */
export async function openWorld(env: Record<string, string> = {}, store: ObjectStore = createMemoryStore()): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), "prompt studio http ü "));
  await mkdir(join(folder, "acme", "sub"), { recursive: true });
  await mkdir(join(folder, "globex"));
  await writeFile(join(folder, "acme", "a.txt"), "Total due 1,249.50\n");
  await writeFile(join(folder, "globex", "secret.txt"), "Total due 7.00\n");
  const settings = {
    PROMPT_STUDIO_API_KEYS: Object.entries(KEYS)
      .map((entry) => entry.join(":"))
      .join(","),
    PROMPT_STUDIO_FILES: join(folder, "{tenant}"),
    PROMPT_STUDIO_LOG_LEVEL: "silent",
    ...env,
  };
  const service = await openService({ store, source: { env: settings, cwd: folder }, llm: "local" });
  const ask: World["ask"] = async (path, { key = KEYS.acme, ...init } = {}) => {
    const headers = new Headers(init.headers);
    if (key !== "") headers.set("authorization", `Bearer ${key}`);
    return service.app.request(path, { ...init, headers });
  };
  return {
    folder,
    store,
    service,
    ask,
    post: (value, init) =>
      ask("/prompt-studio/process", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(value), ...init }),
    written: async () => [...(await keysOf(store, "t/")), ...(await keysOf(store, "active/")), ...(await keysOf(store, "recent/"))],
    async close() {
      await service.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A form with a document and a request. */
export function formOf(file: Blob | string | undefined, request: unknown, fileName = "a.txt"): FormData {
  const form = new FormData();
  if (typeof file === "string") form.append("file", new Blob([file]), fileName);
  else if (file) form.append("file", file, fileName);
  if (request !== undefined) form.append("request", typeof request === "string" ? request : JSON.stringify(request));
  return form;
}

/** The body, which must be a JSON object. */
export async function jsonOf(response: Response): Promise<Record<string, unknown>> {
  return z.record(z.string(), z.unknown()).parse(await response.json());
}

/** Asks for a run until it has ended. */
export async function untilEnded(world: World, runId: string): Promise<Record<string, unknown>> {
  for (;;) {
    const response = await world.ask(`/v1/runs/${runId}`);
    const run = await jsonOf(response);
    if (response.headers.get("retry-after") === null) return run;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
