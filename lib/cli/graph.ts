/** `prompt-studio graph`: which output needs which, without running anything. */
import { buildDigraph } from "../agents/digraph.ts";
import { drawDigraph, PICTURE_FORMATS } from "../agents/picture.ts";
import { PermanentError } from "../schema/errors.ts";
import type { Context } from "./context.ts";
import { readRequest } from "./prompts.ts";
import { EXIT } from "./surroundings.ts";
import { plain } from "./text.ts";

/** Prints the digraph of a prompts file; warnings go to stderr. */
export async function printGraph(context: Context, prompts: string, wanted: string): Promise<number> {
  const format = PICTURE_FORMATS.find((known) => known === (context.options.json ? "json" : wanted));
  if (format === undefined) throw new PermanentError("invalid_request", `There is no format ${plain(wanted)}. Formats: ${PICTURE_FORMATS.join(", ")}.`);
  const config = await context.surroundings.loadConfig({ storeLocation: context.options.store });
  const request = await readRequest({ prompts }, context.surroundings.cwd, config.limits);
  const digraph = buildDigraph(request.outputs);
  context.remark(...digraph.warnings.map(({ output, message }) => plain(`warning: ${output}: ${message}`)));
  context.surroundings.stdout.write(await drawDigraph(digraph, format));
  return EXIT.done;
}
