// The code that Temporal's isolate runs, as one file beside its compiled source. Made anew only when something that goes into it changed.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** A file and every file that it imports by a relative path, in the order in which they are found. */
function withImports(path, found = new Set()) {
  if (found.has(path)) return found;
  found.add(path);
  for (const [, specifier] of readFileSync(path, "utf8").matchAll(/\bfrom "(\.{1,2}\/[^"]+)"/g)) withImports(join(dirname(path), specifier), found);
  return found;
}

/** Writes dist/lib/engine/temporal/workflow-bundle.cjs. Says so, and makes nothing, where the SDK isn't installed. */
export async function bundleWhenChanged(root) {
  const workflow = join(root, "dist", "lib", "engine", "temporal", "workflow.js");
  const target = join(dirname(workflow), "workflow-bundle.cjs");
  const require = createRequire(workflow);
  let version;
  try {
    ({ version } = require("@temporalio/worker/package.json"));
  } catch {
    console.log("The engine temporal is built without its workflow bundle: @temporalio/worker isn't installed.");
    return;
  }
  const hash = createHash("sha256");
  for (const path of withImports(workflow)) hash.update(readFileSync(path));
  // lib/engine/temporal/bundle.ts looks for this beginning.
  const header = `// @temporalio/worker ${version}, sources ${hash.digest("hex")}\n`;
  if (existsSync(target) && readFileSync(target, "utf8").startsWith(header)) return;
  const { bundleWorkflowCode } = require("@temporalio/worker");
  const quiet = () => undefined;
  const logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: console.warn, error: console.error };
  const { code } = await bundleWorkflowCode({ workflowsPath: workflow, logger });
  // Builds may run side by side.
  const own = `${target}.${process.pid}`;
  writeFileSync(own, header + code);
  renameSync(own, target);
}
