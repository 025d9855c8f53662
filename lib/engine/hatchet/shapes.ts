/** The shapes of runs. */
import { createRecent } from "../../recent.ts";
import type { PipelineShape } from "../../schema/pipeline.ts";
import type { Doors } from "../contract.ts";

const MOST_KNOWN = 1_000;

/** Loads a run once: its shape never changes, and every stage needs it. Whether the run still goes on is found out with each call. */
export function rememberShapes(load: Doors["load"]): Doors["load"] {
  const known = createRecent<string, PipelineShape>(MOST_KNOWN);
  return async (dispatch) => {
    const run = `${dispatch.tenant}/${dispatch.runId}`;
    const shape = known.get(run);
    if (shape) return { is: "ready", shape };
    const loaded = await load(dispatch);
    if (loaded.is === "ready") known.set(run, loaded.shape);
    return loaded;
  };
}
