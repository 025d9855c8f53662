/** A Hatchet server of the test's own, with a Postgres of its own: free ports, files in a temporary folder, nothing left behind. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, installedServer } from "./installed.ts";

const READY_MS = 30_000;

export interface HatchetServer {
  token: string;
  /** Where workers connect, HOST:PORT. */
  hostPort: string;
  apiUrl: string;
  /** Ends the engine at once, as a crash would; Postgres goes on. */
  kill(): Promise<void>;
  /** Starts the engine again on the same ports, and resolves when it is ready. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts Postgres and the engine; `stop` ends both. Fails, saying what to install, where one is missing. */
export async function startHatchet(): Promise<HatchetServer> {
  const programs = dirname(installedServer("hatchet"));
  const folder = await mkdtemp(join(tmpdir(), "hatchet-"));
  const postgres = await startPostgres(folder);
  try {
    const ports = {
      postgres: postgres.port,
      grpc: await freePort(),
      api: await freePort(),
      frontend: await freePort(),
      runtime: await freePort(),
      health: await freePort(),
    };
    const environment = engineEnvironment(folder, ports);
    const program = (name: string) => join(programs, name);
    run(program("hatchet-migrate"), [], { env: environment });
    const config = join(folder, "config");
    run(program("hatchet-admin"), ["quickstart", "--skip", "certs", "--generated-config-dir", config, "--overwrite=false"], { env: environment });
    const token =
      run(program("hatchet-admin"), ["token", "create", "--config", config, "--name", "tests"], { env: environment }).trim().split("\n").at(-1) ?? "";
    await mkdir(join(folder, "static"), { recursive: true });
    // The engine gives up on a folder without a page.
    await writeFile(join(folder, "static", "index.html"), "<html></html>");
    let engine = await startEngine(program("hatchet-lite"), config, environment, ports);
    return {
      token,
      hostPort: `127.0.0.1:${ports.grpc}`,
      apiUrl: `http://127.0.0.1:${ports.runtime}`,
      kill: () => end(engine, "SIGKILL"),
      async restart() {
        engine = await startEngine(program("hatchet-lite"), config, environment, ports);
      },
      async stop() {
        await end(engine, "SIGKILL");
        await postgres.stop();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function startEngine(program: string, config: string, env: NodeJS.ProcessEnv, ports: { health: number; grpc: number }): Promise<ChildProcess> {
  const engine = spawn(program, ["--config", config], { env, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  engine.stderr?.on("data", (part) => {
    said = `${said}${part}`.slice(-4_000);
  });
  const until = Date.now() + READY_MS;
  while (!(await isReady(ports))) {
    if (engine.exitCode !== null) throw new Error(`hatchet-lite ended with ${engine.exitCode}: ${said}`);
    if (Date.now() > until) throw new Error(`hatchet-lite was not ready after ${READY_MS} ms: ${said}`);
    await sleep(50);
  }
  return engine;
}

async function isReady({ health, grpc }: { health: number; grpc: number }): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${health}/ready`).catch(() => undefined);
  return answer?.status === 200 && (await listens(grpc));
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

interface Ports {
  postgres: number;
  grpc: number;
  api: number;
  frontend: number;
  runtime: number;
  health: number;
}

/** Only the port of gRPC can be bound to loopback; the others listen on every interface, on ports that nobody knows. */
function engineEnvironment(folder: string, ports: Ports): NodeJS.ProcessEnv {
  const grpc = `127.0.0.1:${ports.grpc}`;
  return {
    PATH: process.env.PATH,
    HOME: folder,
    DATABASE_URL: `postgresql://hatchet:hatchet@127.0.0.1:${ports.postgres}/hatchet?sslmode=disable`,
    SERVER_MSGQUEUE_KIND: "postgres",
    SERVER_GRPC_BIND_ADDRESS: "127.0.0.1",
    SERVER_GRPC_PORT: String(ports.grpc),
    SERVER_GRPC_BROADCAST_ADDRESS: grpc,
    SERVER_INTERNAL_CLIENT_INTERNAL_GRPC_BROADCAST_ADDRESS: grpc,
    SERVER_GRPC_INSECURE: "t",
    SERVER_URL: `http://127.0.0.1:${ports.runtime}`,
    SERVER_PORT: String(ports.api),
    SERVER_AUTH_COOKIE_DOMAIN: "localhost",
    SERVER_AUTH_COOKIE_INSECURE: "t",
    SERVER_AUTH_SET_EMAIL_VERIFIED: "t",
    SERVER_SECURITY_CHECK_ENABLED: "false",
    SERVER_HEALTHCHECK_PORT: String(ports.health),
    SERVER_LOGGER_LEVEL: "warn",
    SERVER_ANALYTICS_POSTHOG_ENABLED: "false",
    LITE_STATIC_ASSET_DIR: join(folder, "static"),
    LITE_FRONTEND_PORT: String(ports.frontend),
    LITE_RUNTIME_PORT: String(ports.runtime),
    HATCHET_CLIENT_TLS_STRATEGY: "none",
  };
}

/** Postgres refuses to run as root, so root lends it to the user that Debian's package makes. */
async function startPostgres(folder: string): Promise<{ port: number; stop(): Promise<void> }> {
  const programs = dirname(installedServer("postgres"));
  const data = join(folder, "postgres");
  await mkdir(data);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    await chmod(folder, 0o755);
    run("chown", ["postgres", data]);
  }
  const asOwner = (name: string, args: readonly string[]) => {
    const command = [join(programs, name), ...args];
    const [first = "", ...rest] = isRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", ...command] : command;
    return run(first, rest, { cwd: data });
  };
  const port = await freePort();
  asOwner("initdb", ["-D", data, "-U", "hatchet", "--auth=trust", "--no-sync", "-E", "UTF8"]);
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c timezone=UTC -c max_connections=200 -c fsync=off`;
  asOwner("pg_ctl", ["-D", data, "-w", "-l", join(data, "log"), "-o", settings, "start"]);
  run(join(programs, "createdb"), ["-h", "127.0.0.1", "-p", String(port), "-U", "hatchet", "hatchet"]);
  return {
    port,
    stop: async () => {
      asOwner("pg_ctl", ["-D", data, "-m", "immediate", "-w", "stop"]);
    },
  };
}

function run(command: string, args: readonly string[], options: { env?: NodeJS.ProcessEnv; cwd?: string } = {}): string {
  // The log of a server that starts in the background keeps its output open, which would be waited for.
  const result = spawnSync(command, args, {
    encoding: "utf8",
    stdio: ["ignore", command.includes("pg_ctl") || args.some((arg) => arg.endsWith("pg_ctl")) ? "ignore" : "pipe", "pipe"],
    ...options,
  });
  if (result.error) throw result.error;
  if (result.status !== 0) throw new Error(`${command} ${args[0] ?? ""} failed: ${result.stderr || result.stdout}`);
  return result.stdout ?? "";
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal);
  while (child.exitCode === null && child.signalCode === null) await sleep(10);
}
