/** Shows progress on stderr: lines rewritten in place on a terminal, one plain line per event elsewhere. */
import { createColors } from "picocolors";
import type { LiveEvent, RunView } from "../client.ts";
import { advanceProgress, eventLine, progressLines, settleProgress, startProgress } from "./progress.ts";
import type { TextSink } from "./surroundings.ts";

/** Progress on a terminal, or as lines. */
export interface ProgressDisplay {
  observe(event: LiveEvent): void;
  /** Leaves the last state on the screen, that of `views` when work has ended, with the documents' page counts by run id. Call it before anything else is written. */
  stop(views?: readonly RunView[], pages?: ReadonlyMap<string, number>): void;
}

/** How progress is shown. */
export interface DisplayOptions {
  quiet: boolean;
  color: boolean;
  /** False where the terminal can't move its cursor. */
  inPlace: boolean;
  now(): number;
}

const REFRESH_MS = 100;
const MOST_LINES = 20;

/** Starts to show the progress of these runs. */
export function showProgress(sink: TextSink, views: readonly RunView[], options: DisplayOptions): ProgressDisplay {
  if (options.quiet) return { observe: () => undefined, stop: () => undefined };
  return sink.isTerminal && options.inPlace ? inPlace(sink, views, options) : lineByLine(sink, views, options);
}

function lineByLine(sink: TextSink, views: readonly RunView[], { now }: DisplayOptions): ProgressDisplay {
  const started = now();
  const names = new Map(views.length > 1 ? views.map(({ runId, fileName }) => [runId, fileName]) : []);
  return {
    observe(event) {
      const line = eventLine(event, now() - started, names.get(event.runId));
      if (line !== undefined) sink.write(`${line}\n`);
    },
    stop: () => undefined,
  };
}

function inPlace(sink: TextSink, views: readonly RunView[], { now, color }: DisplayOptions): ProgressDisplay {
  const colors = createColors(color);
  const paint = (line: string) => (line.startsWith("✓") ? colors.green("✓") + line.slice(1) : line.startsWith("✗") ? colors.red("✗") + line.slice(1) : line);
  let progress = startProgress(views, now());
  let drawn = 0;
  const draw = () => {
    const lines = progressLines(progress, now(), sink.columns, MOST_LINES);
    const up = drawn > 0 ? `\u001b[${drawn}A` : "";
    sink.write(`${up}${lines.map((line) => `\u001b[2K${paint(line)}\n`).join("")}\u001b[0J`);
    drawn = lines.length;
  };
  const timer = setInterval(draw, REFRESH_MS);
  timer.unref();
  draw();
  return {
    observe(event) {
      progress = advanceProgress(progress, event, now());
    },
    stop(ended = [], pages = new Map()) {
      clearInterval(timer);
      progress = settleProgress(progress, ended, pages);
      draw();
    },
  };
}
