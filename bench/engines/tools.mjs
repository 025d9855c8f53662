// Helpers of the tests that scripts need too: TypeScript, compiled to .tools/ when something in their folders is newer.
import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, runNode } from "../../scripts/ready.mjs";

const FOLDERS = ["test/support", "test/servers"];
const COMPILED = join(root, ".tools");

/** When the newest file of the helpers was changed. */
function newestChange() {
  const files = FOLDERS.flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(root, folder, name)));
  return Math.max(...files.map((file) => Math.round(statSync(file).mtimeMs)));
}

/** A compiled module by its path in the source, such as "test/support/inngest-executor". */
export async function compiledTool(path) {
  const folder = join(COMPILED, String(newestChange()));
  if (!existsSync(folder)) {
    // Others may compile at the same time, and nobody is to see half of it.
    const own = join(COMPILED, `making-${process.pid}`);
    const status = runNode(join(root, "node_modules", "typescript", "bin", "tsc"), ["-p", join(root, "tsconfig.tools.json"), "--outDir", own]);
    if (status !== 0) throw new Error("Compiling the helpers of the tests failed; see the messages above.");
    try {
      renameSync(own, folder);
    } catch (error) {
      rmSync(own, { recursive: true });
      if (!existsSync(folder)) throw error;
    }
  }
  return import(pathToFileURL(join(folder, `${path}.js`)).href);
}
