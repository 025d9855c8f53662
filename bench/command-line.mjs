// The command line as a process: how long it takes to start, to read an invoice and 1,000 pages, and how much memory it takes.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inTurns, isInstalled, row } from "./measure.mjs";
import { writeLongPdf } from "./text.mjs";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const COMMAND = join(ROOT, "dist", "lib", "cli", "main.js");
const ROUNDS = 5;
/**
 * Loaded before the program: writes the process's peak memory in KB to file 3 when it ends. On Linux from /proc, for what getrusage tells there begins with the memory of the process
 * that started this one.
 */
const WATCH = `data:text/javascript,${encodeURIComponent(`
import { existsSync, readFileSync, writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
const status = "/proc/self/status";
const peak = () => existsSync(status) ? /VmHWM:[^0-9]*([0-9]+)/.exec(readFileSync(status, "utf8"))[1] : String(process.resourceUsage().maxRSS);
if (isMainThread) process.on("exit", () => writeSync(3, peak()));`)}`;

/** Runs Node; gives its peak memory in MB. */
function peakOf(args, cwd) {
  const environment = { PATH: process.env.PATH, HOME: cwd, NO_COLOR: "1" };
  const run = spawnSync(process.execPath, ["--import", WATCH, ...args], {
    cwd,
    env: environment,
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    encoding: "utf8",
    maxBuffer: 1e9,
  });
  if (run.status !== 0) throw new Error(`${args.join(" ")} ended with ${run.status}: ${run.stderr}`);
  return Number(run.output[3]) / 1_024;
}

/** Takes time and memory of two commands in turns. */
async function compare(rounds, ours, yardstick) {
  const peaks = [];
  const times = await inTurns(
    rounds,
    async () => peaks.push({ ours: ours(peaks.length), yardstick: 0 }),
    async () => {
      peaks.at(-1).yardstick = yardstick();
    },
  );
  return { times, peaks };
}

export async function benchCommandLine() {
  const folder = mkdtempSync(join(tmpdir(), "prompt-studio-bench-"));
  try {
    const invoice = join(ROOT, "examples", "invoice");
    const long = join(folder, "long.pdf");
    await writeLongPdf(long);
    const nothing = () => peakOf(["-e", "0"], folder);
    // Another store each time, or the second run would find the first one's results.
    const runOn = (path) => (round) =>
      peakOf(
        [COMMAND, "run", path, "--prompts", join(invoice, "prompts.json"), "--llm", "local", "--store", join(folder, `${round}-${path.length}`), "--json"],
        folder,
      );
    const start = await compare(ROUNDS, () => peakOf([COMMAND, "--version"], folder), nothing);
    const small = await compare(ROUNDS, runOn(join(invoice, "invoice.pdf")), nothing);
    const rows = [
      row("start of the command line", "ms", start.times, "node -e 0"),
      row("run on the example invoice", "ms", small.times, "node -e 0"),
      row("peak memory of that run", "MB", small.peaks, "node -e 0"),
    ];
    if (!isInstalled("pdftotext")) return rows;
    const read = () => {
      spawnSync("pdftotext", ["-layout", long, "-"], { stdio: "ignore" });
      return nothing();
    };
    const large = await compare(2, runOn(long), read);
    rows.push(
      row("run on 1,000 pages", "s", large.times, "pdftotext -layout and node -e 0", 1 / 1_000),
      row("peak memory of that run", "MB", large.peaks, "node -e 0"),
    );
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
