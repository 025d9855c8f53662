// Gets the real servers that the server suites start themselves: `node scripts/servers.mjs install [NAME...]`. They go to .servers/, outside git.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const BINARIES = join(dirname(fileURLToPath(import.meta.url)), "..", ".servers", "bin");

/** Each server by name: what it is for, and how to get it. Every one returns the path of its program, or throws an Error that says what is needed. */
const SERVERS = {
  versitygw: {
    purpose: "S3 (VersityGW 1.8.0, Apache-2.0)",
    install: () => goInstall("versitygw", "github.com/versity/versitygw/cmd/versitygw@v1.8.0"),
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
