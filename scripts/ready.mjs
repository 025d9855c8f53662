// Makes a fresh clone ready: installs where nothing is installed, compiles where the compiled form is missing or old. Uses only what comes with Node.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");
export const commandLine = join(root, "dist", "lib", "cli", "main.js");

const OLDEST_NODE = [20, 19];
const SOURCES = ["api", "lib", "functions", "inngest.config.ts", "package.json", "tsconfig.json", "tsconfig.build.json"];

/** Runs a script with this Node, without a shell, in the repository's root. Gives the exit code; `onStdout` gets what was printed, where it is piped. */
export function runNode(script, args = [], { onStdout, ...options } = {}) {
  const result = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: "inherit", encoding: "utf8", ...options });
  if (result.error) console.error(result.error.message);
  onStdout?.(result.stdout ?? "");
  return result.status ?? 1;
}

/** npm's own script: the one that runs this, or else the one that came with this Node. */
function npmPath() {
  const running = process.env.npm_execpath;
  if (running && basename(running) === "npm-cli.js") return running;
  const home = dirname(process.execPath);
  const besideNode = join("node_modules", "npm", "bin", "npm-cli.js");
  return [join(home, besideNode), join(home, "..", "lib", besideNode), join(home, "..", "share", "nodejs", "npm", "bin", "npm-cli.js")].find((path) =>
    existsSync(path),
  );
}

/** Runs npm with this Node, without a shell. Gives the exit code. */
export function runNpm(args, options = {}) {
  const npm = npmPath();
  if (npm) return runNode(npm, args, options);
  console.error("npm was not found beside Node. Run `npm ci` yourself, then this command again.");
  return 1;
}

/** The newest change, in milliseconds, of a file or of anything in a folder; 0 where there is none. */
function newestChange(path) {
  if (!existsSync(path)) return 0;
  const status = statSync(path);
  if (!status.isDirectory()) return status.mtimeMs;
  return Math.max(status.mtimeMs, ...readdirSync(path).map((name) => newestChange(join(path, name))));
}

function isInstalled() {
  // npm writes this file last, so an installation that was broken off doesn't have it.
  return existsSync(join(root, "node_modules", ".package-lock.json")) && existsSync(join(root, "node_modules", "vitest"));
}

function isCompiled() {
  const compiled = newestChange(commandLine);
  return compiled > 0 && SOURCES.every((source) => newestChange(join(root, source)) <= compiled);
}

function stopUnless(worked, message) {
  if (worked) return;
  console.error(message);
  process.exit(1);
}

/** Installs and compiles what is missing; ends the process with a message where that fails. */
export function makeReady() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  const newEnough = major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
  stopUnless(newEnough, `Prompt Studio needs Node ${OLDEST_NODE.join(".")} or newer; this is ${process.version}. Install Node 24 and try again.`);
  if (!isInstalled()) {
    console.error("Installing what Prompt Studio needs (once, about a minute) …");
    stopUnless(
      runNpm(["ci", "--include=dev", "--no-audit", "--no-fund"]) === 0,
      "The installation failed. It needs the network once; see npm's message above.",
    );
  }
  if (!isCompiled()) stopUnless(runNode(join(root, "scripts", "build.mjs")) === 0, "Compiling failed; see the messages above.");
}
