// `npm run chaos`: many runs on one engine while its workers and its server are killed. docs/reliability.md says what it proves.
import { parseArgs } from "node:util";
import { makeReady } from "./ready.mjs";

const OPTIONS = {
  engine: { type: "string" },
  runs: { type: "string", default: "1200" },
  kills: { type: "string", default: "5" },
  "server-kills": { type: "string", default: "2" },
  workers: { type: "string", default: "3" },
  "model-ms": { type: "string", default: "50" },
  seed: { type: "string", default: "20251125" },
  json: { type: "boolean", default: false },
};
const USAGE = (engines) =>
  `npm run chaos -- --engine ${engines.join("|")} [--runs N] [--kills N] [--server-kills N] [--workers N] [--model-ms N] [--seed N] [--json]`;

function print({ kills, detail, seconds, problems, result }, json) {
  if (json) {
    for (const line of [...kills, { ...detail, seconds, problems }, result]) console.log(JSON.stringify(line));
    return;
  }
  console.table(kills);
  const { engine, accepted, lost, repeated, recovered_ms } = result;
  console.log(`${engine}: ${accepted} runs accepted, ${lost} lost; ${repeated} committed calls done again; recovered within ${recovered_ms} ms.`);
  console.log(
    `The model was asked ${detail.model_requests} times for ${detail.calls} calls, of which ${detail.in_flight} were in flight at a kill. It took ${seconds} s.`,
  );
  for (const problem of problems) console.log(`WRONG: ${problem}.`);
}

async function main() {
  makeReady();
  const [{ ENGINES }, { storm }] = [await import("../bench/engines/engines.mjs"), await import("../bench/chaos/storm.mjs")];
  let values;
  try {
    ({ values } = parseArgs({ options: OPTIONS }));
  } catch (error) {
    console.error(`${error.message}\n${USAGE(ENGINES)}`);
    return 2;
  }
  const { engine, json } = values;
  const numbers = ["runs", "kills", "server-kills", "workers", "model-ms", "seed"].map((name) => Number(values[name]));
  const [runs, kills, serverKills, workers, modelMs, seed] = numbers;
  const isCount = (number) => Number.isInteger(number) && number >= 0;
  if (!ENGINES.includes(engine) || !numbers.every(isCount) || runs === 0 || workers === 0 || seed === 0) {
    console.error(USAGE(ENGINES));
    return 2;
  }
  const outcome = await storm({ engine, runs, kills, serverKills, workers, modelMs, seed, say: (message) => console.error(message) });
  print(outcome, json);
  return outcome.problems.length === 0 ? 0 : 1;
}

process.exitCode = await main();
