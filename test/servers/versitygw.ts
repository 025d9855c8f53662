/** A real S3 server (VersityGW) for the length of a test file. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, installedServer } from "./installed.ts";

export interface Gateway {
  endpoint: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  stop: () => Promise<void>;
}

const CREDENTIALS = { accessKeyId: "test-access", secretAccessKey: "test-secret-of-no-worth" };
const READY_WITHIN_MS = 20_000;

/** Starts a gateway with one empty bucket on a free port of this machine. Throws when the program is not installed. */
export async function startGateway(bucket: string): Promise<Gateway> {
  const program = installedServer("versitygw");
  const folder = await mkdtemp(join(tmpdir(), "versitygw-"));
  await mkdir(join(folder, "root", bucket), { recursive: true });
  const port = await freePort();
  // It keeps an object's checksum in the file's attributes. Kept beside the files (--sidecar) the two are not replaced at once, and readers see a mismatch.
  const options = ["--port", `127.0.0.1:${port}`, "--health", "/health", "--quiet", "posix", join(folder, "root")];
  const child = spawn(program, options, {
    stdio: ["ignore", "ignore", "pipe"],
    env: { PATH: "", HOME: folder, ROOT_ACCESS_KEY: CREDENTIALS.accessKeyId, ROOT_SECRET_KEY: CREDENTIALS.secretAccessKey },
  });
  const endpoint = `http://127.0.0.1:${port}`;
  await ready(child, `${endpoint}/health`);
  return {
    endpoint,
    credentials: CREDENTIALS,
    stop: async () => {
      await ended(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function ready(child: ChildProcess, url: string): Promise<void> {
  let said = "";
  child.stderr?.on("data", (chunk) => {
    said += String(chunk);
  });
  for (const end = Date.now() + READY_WITHIN_MS; Date.now() < end && child.exitCode === null; await sleep(50)) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
  }
  await ended(child);
  throw new Error(`versitygw did not start: ${said}`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await exit;
}
