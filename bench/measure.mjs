// Measuring in one process: times are medians, and every row names the yardstick that was measured in the same minute.
import { spawnSync } from "node:child_process";
import { performance } from "node:perf_hooks";

/** The median of some numbers. */
export function median(numbers) {
  const sorted = [...numbers].sort((left, right) => left - right);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** How long something takes, in milliseconds. */
export async function timed(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** The medians of two works that take turns, so that what else the machine does meets both. */
export async function inTurns(rounds, ours, yardstick) {
  const times = { ours: [], yardstick: [] };
  for (let round = 0; round < rounds; round++) {
    times.ours.push(await timed(ours));
    times.yardstick.push(await timed(yardstick));
  }
  return { ours: median(times.ours), yardstick: median(times.yardstick) };
}

/** A row of the report. `more` is true where a larger number is better. */
export function row(what, unit, ours, yardstick, yardstickIs, more = false) {
  return { what, unit, ours, yardstick, yardstickIs, ratio: ours / yardstick, more };
}

/** Whether a program is installed. */
export function isInstalled(program, args = ["-v"]) {
  return spawnSync(program, args, { stdio: "ignore" }).error === undefined;
}
