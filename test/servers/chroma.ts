/** A real Chroma for the length of a test file. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, installedServer } from "./installed.ts";

const READY_WITHIN_MS = 60_000;
/** The program inside of the Python package, without the package around it. */
const PROGRAM = 'import sys, chromadb_rust_bindings; chromadb_rust_bindings.cli(["chroma", *sys.argv[1:]])';

export interface ChromaServer {
  url: string;
  stop(): Promise<void>;
}

/** Starts it on a free port of this machine with an empty folder. Throws when it is not installed. */
export async function startChroma(): Promise<ChromaServer> {
  const python = installedServer("chroma");
  const folder = await mkdtemp(join(tmpdir(), "chroma-"));
  const port = await freePort();
  const child = spawn(python, ["-c", PROGRAM, "run", "--host", "127.0.0.1", "--port", String(port), "--path", folder], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ANONYMIZED_TELEMETRY: "False", HOME: folder },
  });
  let said = "";
  child.stderr?.on("data", (chunk) => {
    said += String(chunk);
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  for (const end = Date.now() + READY_WITHIN_MS; Date.now() < end && child.exitCode === null; await sleep(100)) {
    if ((await fetch(`${url}/api/v2/heartbeat`).catch(() => undefined))?.ok) return { url, stop };
  }
  await stop();
  throw new Error(`chroma did not start: ${said}`);
}
