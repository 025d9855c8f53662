// `npm run smoke`: what a stranger does, in a new folder whose path has a blank and an umlaut: `npm start` in what is tracked, without git, and the packed
// package in an empty project. A superuser does it as an ordinary user. Needs git and the network.
import { spawnSync } from "node:child_process";
import { chownSync, cpSync, lchownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeReady, root, runNpm } from "./ready.mjs";

const NOBODY = 65534;
const asOrdinaryUser = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
const expected = JSON.parse(readFileSync(join(root, "examples", "invoice", "expected.json"), "utf8"));

/** Gives a file, or a folder and all in it, to the ordinary user. */
function handOver(folder) {
  if (asOrdinaryUser.uid === undefined) return;
  chownSync(folder, NOBODY, NOBODY);
  if (!statSync(folder).isDirectory()) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) handOver(join(folder, entry.name));
    else lchownSync(join(folder, entry.name), NOBODY, NOBODY);
  }
}

function npmSetting(name) {
  const result = { text: "" };
  runNpm(["config", "get", name], {
    stdio: ["ignore", "pipe", "inherit"],
    onStdout: (text) => {
      result.text = text.trim();
    },
  });
  return ["", "null", "undefined"].includes(result.text) ? undefined : result.text;
}

/** The environment of somebody who has just come: a home of their own, no keys; only where packages come from stays. */
function strangersEnvironment(home) {
  const { PATH, NODE_EXTRA_CA_CERTS, HTTPS_PROXY, HTTP_PROXY, NO_PROXY } = process.env;
  const settings = { npm_config_registry: npmSetting("registry"), npm_config_cafile: npmSetting("cafile") };
  const all = { PATH, NODE_EXTRA_CA_CERTS, HTTPS_PROXY, HTTP_PROXY, NO_PROXY, ...settings, HOME: home, NO_COLOR: "1" };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** Runs npm as the stranger; gives what it printed on stdout. */
function npm(args, cwd, home) {
  let printed = "";
  const onStdout = (text) => {
    printed = text;
  };
  const status = runNpm(args, {
    cwd,
    env: strangersEnvironment(home),
    stdio: ["ignore", "pipe", "inherit"],
    onStdout,
    maxBuffer: 64 * 1024 * 1024,
    ...asOrdinaryUser,
  });
  console.log(printed);
  if (status !== 0) throw new Error(`npm ${args[0]} ended with ${status}`);
  return printed;
}

function mustHave(condition, message) {
  if (!condition) throw new Error(message);
}

/** The tracked files without git; `npm start` sets everything up and prints the invoice's total. */
function startFromArchive(home) {
  const folder = join(home, "archive ü");
  const exported = spawnSync("git", ["checkout-index", "--all", `--prefix=${folder}/`], { cwd: root, stdio: "inherit" });
  mustHave(exported.status === 0, "git could not write out the tracked files");
  handOver(folder);
  const printed = npm(["start"], folder, home);
  mustHave(/2,?132\.34/.test(printed), "npm start did not print the total of the invoice");
}

/** The packed package in an empty project: its own command reads its own example, and a pipeline of the project's own runs on its engine. */
function runFromPackage(home) {
  const folder = join(home, "empty project ü");
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module", "scripts": { "count": "node count-words.mjs embedded" } }\n');
  mustHave(runNpm(["pack", "--silent", "--pack-destination", folder]) === 0, "npm pack failed");
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"));
  handOver(folder);
  npm(["install", "--no-audit", "--no-fund", `./${tarball}`], folder, home);
  cpSync(join(folder, "node_modules", "prompt-studio", "examples", "invoice"), join(folder, "invoice"), { recursive: true });
  handOver(join(folder, "invoice"));
  const job = ["run", join("invoice", "invoice.pdf"), "--prompts", join("invoice", "prompts.json"), "--llm", "local", "--json"];
  const result = JSON.parse(npm(["exec", "--offline", "--", "prompt-studio", ...job], folder, home));
  mustHave(result.outputs.total_due.value === expected.total_due, `total_due is ${result.outputs.total_due.value}`);
  cpSync(join(folder, "node_modules", "prompt-studio", "examples", "own-pipeline", "count-words.mjs"), join(folder, "count-words.mjs"));
  handOver(join(folder, "count-words.mjs"));
  mustHave(npm(["run", "count"], folder, home).includes("completed on embedded: { words: 9 }"), "a pipeline of its own did not count");
}

const checks = { "npm start in an archive without git": startFromArchive, "the packed package in an empty project": runFromPackage };

function check([name, run]) {
  console.log(`\n── ${name}`);
  const home = mkdtempSync(join(tmpdir(), "prompt studio ü "));
  try {
    handOver(home);
    run(home);
    return true;
  } catch (error) {
    console.error(`FAILED  ${name}: ${error.message}`);
    return false;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

makeReady();
const passed = Object.entries(checks).map(check).filter(Boolean).length;
const failed = Object.keys(checks).length - passed;
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
