/** The workflow's code for the isolate: made by scripts/build.mjs, and made anew where the installed SDK is another version, since a bundle and its worker must be of the same. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { WorkflowBundleOption } from "@temporalio/worker";
import type { Logger } from "pino";
import { compiledUrl } from "../../compiled.ts";

type Sdk = Pick<typeof import("@temporalio/worker"), "bundleWorkflowCode">;

/** The bundle that was built, when it fits the SDK; otherwise a new one, which takes seconds. */
export async function loadBundle(sdk: Sdk, log: Logger): Promise<WorkflowBundleOption> {
  const workflow = compiledUrl(import.meta.url, "workflow");
  const path = fileURLToPath(new URL("workflow-bundle.cjs", workflow));
  const built = await readFile(path, "utf8").catch(() => undefined);
  const { version } = createRequire(workflow)("@temporalio/worker/package.json") as { version: string };
  if (built?.startsWith(`// @temporalio/worker ${version},`)) return { codePath: path };
  log.info({ version }, "the workflow is bundled now: its bundle was built for another version of @temporalio/worker, or not at all");
  const quiet = () => undefined;
  const logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: log.warn.bind(log), error: log.error.bind(log) };
  return sdk.bundleWorkflowCode({ workflowsPath: fileURLToPath(workflow), logger });
}
