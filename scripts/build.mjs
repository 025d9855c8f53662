// Compiles the command line to dist/. A published package arrives compiled and without its sources, so there is nothing to do then.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

function compilerPath() {
  try {
    const require = createRequire(join(root, "package.json"));
    return join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");
  } catch {
    return undefined;
  }
}

/** Compiled files whose source is gone would still be published, and could still be imported. */
function removeOrphans(folder) {
  const compiled = join(root, "dist", folder);
  if (!existsSync(compiled)) return;
  for (const entry of readdirSync(compiled, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) removeOrphans(path);
    else if (/\.(d\.ts|js)$/.test(entry.name) && !existsSync(join(root, path.replace(/\.(d\.ts|js)$/, ".ts")))) rmSync(join(root, "dist", path));
  }
}

/** `npx prompt-studio` in a clone runs this file itself. */
function makeExecutable(path) {
  if (existsSync(path)) chmodSync(path, 0o755);
}

/** The workflow of the engine temporal needs its code as one file, made by its SDK. Where that isn't installed, the engine makes it itself. */
async function bundleWorkflow() {
  const { bundleWhenChanged } = await import("./workflow-bundle.mjs");
  await bundleWhenChanged(root);
}

const project = join(root, "tsconfig.build.json");
const compiler = existsSync(project) ? compilerPath() : undefined;
if (compiler) {
  const result = spawnSync(process.execPath, [compiler, "-p", project], { cwd: root, stdio: "inherit" });
  process.exitCode = result.status ?? 1;
  removeOrphans("");
  makeExecutable(join(root, "dist", "lib", "cli", "main.js"));
  await bundleWorkflow();
}
