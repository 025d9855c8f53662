// Helpers of the tests that scripts need too: TypeScript, compiled to .tools/ when they are older than their source.
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, runNode } from "../../scripts/ready.mjs";

/** A compiled module by its path in the source, such as "test/support/inngest-executor". */
export async function compiledTool(path) {
  const compiled = join(root, ".tools", `${path}.js`);
  const changedAt = (file) => (existsSync(file) ? statSync(file).mtimeMs : 0);
  if (changedAt(compiled) <= changedAt(join(root, `${path}.ts`))) {
    const status = runNode(join(root, "node_modules", "typescript", "bin", "tsc"), ["-p", join(root, "tsconfig.tools.json")]);
    if (status !== 0) throw new Error("Compiling the helpers of the tests failed; see the messages above.");
  }
  return import(pathToFileURL(compiled).href);
}
