// Measuring in one process: numbers are medians, and every row names the yardstick that was measured in the same minute.
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

/** Two works that take turns, so that what else the machine does meets both. Milliseconds of each round. */
export async function inTurns(rounds, ours, yardstick) {
  const times = [];
  for (let round = 0; round < rounds; round++) times.push({ ours: await timed(ours), yardstick: await timed(yardstick) });
  return times;
}

/** A row of the report: medians over the rounds, each number times `scale`; the ratio is the median of the rounds' own. */
export function row(what, unit, rounds, yardstickIs, scale = 1) {
  return {
    what,
    unit,
    yardstickIs,
    ours: median(rounds.map(({ ours }) => ours)) * scale,
    yardstick: median(rounds.map(({ yardstick }) => yardstick)) * scale,
    ratio: median(rounds.map(({ ours, yardstick }) => ours / yardstick)),
  };
}

/** Whether a program is installed. */
export function isInstalled(program, args = ["-v"]) {
  return spawnSync(program, args, { stdio: "ignore" }).error === undefined;
}
