/** `prompt-studio report`: a finished run as one self-contained page. */
import { resolve } from "node:path";
import { formatBytes } from "../report/format.ts";
import { PermanentError } from "../schema/errors.ts";
import type { Context } from "./context.ts";
import { writeOutputFile } from "./files.ts";
import { withStudio } from "./runs.ts";
import { EXIT } from "./surroundings.ts";
import { plain } from "./text.ts";
import { reportOf } from "./work.ts";

/** Writes the page to `out`, or to stdout. */
export function writeReport(context: Context, runId: string, out: string | undefined): Promise<number> {
  return withStudio(context, async (studio) => {
    const view = await studio.get(runId);
    if (view.status !== "completed" && view.status !== "completed_with_issues") {
      throw new PermanentError(
        "invalid_request",
        `Run ${runId} is ${view.status}, so there is nothing to report. See: ${context.command(`runs get ${runId}`)}`,
      );
    }
    const page = await reportOf(studio, await studio.result(runId));
    const bytes = Buffer.byteLength(page, "utf8");
    if (out !== undefined) await writeOutputFile(resolve(context.surroundings.cwd, out), page);
    if (context.options.json) context.printJson({ run_id: runId, bytes, ...(out === undefined ? { html: page } : { file: out }) });
    else if (out === undefined) context.surroundings.stdout.write(page);
    else context.remark(`written  ${plain(out)} (${formatBytes(bytes)})`);
    return EXIT.done;
  });
}
