// Gets the real servers that the server suites start themselves: `node scripts/servers.mjs install [NAME...]`. They go to .servers/, outside git.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const SCRIPTS = dirname(fileURLToPath(import.meta.url));
const SERVERS_FOLDER = join(SCRIPTS, "..", ".servers");
const BINARIES = join(SERVERS_FOLDER, "bin");

/** Each server by name: what it is for, and how to get it. Every one returns the path of its program, or throws an Error that says what is needed. */
const SERVERS = {
  versitygw: {
    purpose: "S3 (VersityGW 1.8.0, Apache-2.0)",
    install: () => goInstall("versitygw", "github.com/versity/versitygw/cmd/versitygw@v1.8.0"),
  },
  "redis-server": {
    purpose: "the broker of the engine celery (Redis 6.2 or newer)",
    install: () => onPath("redis-server", 'on Debian with "apt-get install redis-server", on macOS with "brew install redis"'),
  },
  celery: {
    purpose: "a Python application that uses the engine celery (Celery 5.7)",
    install: () => pythonEnvironment("celery"),
  },
  chroma: {
    purpose: "the vector database chroma (Chroma 1.5.9)",
    install: () => pythonEnvironment("chroma"),
  },
};

function serverPath(name) {
  return join(BINARIES, process.platform === "win32" ? `${name}.exe` : name);
}

function goInstall(name, module) {
  const path = serverPath(name);
  if (existsSync(path)) return path;
  if (spawnSync("go", ["version"]).status !== 0) {
    throw new Error(
      `${name} is built from source, which needs Go 1.25 or newer on the PATH and a Go module proxy. Install Go (https://go.dev/dl), then run this again.`,
    );
  }
  mkdirSync(BINARIES, { recursive: true });
  const built = spawnSync("go", ["install", module], { stdio: "inherit", env: { ...process.env, GOBIN: BINARIES } });
  if (built.status !== 0 || !existsSync(path)) throw new Error(`"go install ${module}" failed; its own message is above.`);
  return path;
}

/** A program of the system, which this script doesn't install. */
function onPath(name, how) {
  if (spawnSync(name, ["--version"]).status !== 0) throw new Error(`It is not on the PATH. Install it, ${how}.`);
  return name;
}

/** Python packages of NAME-requirements.txt in an environment of their own. */
function pythonEnvironment(name) {
  const folder = join(SERVERS_FOLDER, name);
  const python = join(folder, "bin", "python");
  const requirements = join(SCRIPTS, `${name}-requirements.txt`);
  const installed = join(folder, "installed.txt");
  if (existsSync(installed) && readFileSync(installed, "utf8") === readFileSync(requirements, "utf8")) return python;
  rmSync(folder, { recursive: true, force: true });
  if (spawnSync("python3", ["-m", "venv", folder], { stdio: "inherit" }).status !== 0) {
    throw new Error('It needs Python 3.10 or newer with its module venv; on Debian "apt-get install python3-venv".');
  }
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "-r", requirements];
  if (spawnSync(python, pip, { stdio: "inherit" }).status !== 0) throw new Error("pip failed; its own message is above.");
  copyFileSync(requirements, installed);
  return python;
}

function main([command, ...names]) {
  if (command !== "install" || names.some((name) => !Object.hasOwn(SERVERS, name))) {
    console.error(`Usage: node scripts/servers.mjs install [NAME...]\nServers: ${Object.keys(SERVERS).join(", ")}`);
    return 2;
  }
  let failures = 0;
  for (const [name, server] of Object.entries(SERVERS)) {
    if (names.length > 0 && !names.includes(name)) continue;
    try {
      console.log(`${name}, ${server.purpose}: ${server.install()}`);
    } catch (error) {
      failures++;
      console.error(`${name}, ${server.purpose}: ${error.message}`);
    }
  }
  return failures === 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
