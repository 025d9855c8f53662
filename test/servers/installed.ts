/** Where the servers are that scripts/servers.mjs got. */
import { spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { REPOSITORY } from "../support/root.ts";

const SERVERS = join(REPOSITORY, "scripts", "servers.mjs");

/** The path of a server's program; an Error that says how to get it where it isn't there. */
export function installedServer(name: string): string {
  const asked = spawnSync(process.execPath, [SERVERS, "path", name], { encoding: "utf8" });
  if (asked.status !== 0) throw new Error(asked.stderr.trim());
  return asked.stdout.trim();
}

/** A port of this machine on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("There is no free port.");
  return address.port;
}
