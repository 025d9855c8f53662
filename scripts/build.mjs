// Compiles the command line to dist/. A package installed without its development tools arrives compiled, so there is nothing to do then.
import { spawnSync } from "node:child_process";

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

const compiler = compilerPath();
if (compiler) {
  const result = spawnSync(process.execPath, [compiler, "-p", join(root, "tsconfig.build.json")], { cwd: root, stdio: "inherit" });
  process.exitCode = result.status ?? 1;
}
