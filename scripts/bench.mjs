// `npm run bench`: what the product costs, each number against a yardstick of the same minute. docs/performance.md says what the rows mean.
import { parseArgs } from "node:util";
import { makeReady } from "./ready.mjs";

const SECTIONS = {
  store: async () => (await import("../bench/store.mjs")).benchStore(),
  text: async () => (await import("../bench/text.mjs")).benchText(),
  search: async () => (await import("../bench/search.mjs")).benchSearch(),
  engines: async () => (await import("../bench/engines.mjs")).benchEngines(),
  scaling: async () => (await import("../bench/scaling.mjs")).benchScaling(),
  "command-line": async () => (await import("../bench/command-line.mjs")).benchCommandLine(),
};
const USAGE = `npm run bench [-- SECTION …]            sections: ${Object.keys(SECTIONS).join(", ")}
npm run bench -- chunks --dir DIR --scorer FILE   cuts compared with LangChain's over a folder of cases (see docs/quality.md)`;

const number = (value) => (Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3));

function print(rows) {
  for (const { what, unit, ours, yardstick, yardstickIs, ratio, most } of rows) {
    const limit = most === undefined ? "" : ` (at most ${most}${ratio > most ? ": too much" : ""})`;
    console.log(`| ${what} | ${number(ours)} ${unit} | ${number(yardstick)} ${unit} (${yardstickIs}) | ${ratio.toFixed(2)}${limit} |`);
  }
}

async function main() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { dir: { type: "string" }, scorer: { type: "string" } } });
  makeReady();
  if (positionals[0] === "chunks" && values.dir !== undefined && values.scorer !== undefined) {
    const { benchChunkQuality } = await import("../bench/chunking.mjs");
    console.table(await benchChunkQuality({ dir: values.dir, scorer: values.scorer }));
    return 0;
  }
  if (positionals.some((name) => SECTIONS[name] === undefined)) {
    console.error(USAGE);
    return 2;
  }
  console.log("| what | ours | yardstick | ratio |\n|---|---|---|---|");
  for (const name of positionals.length > 0 ? positionals : Object.keys(SECTIONS)) print(await SECTIONS[name]());
  return 0;
}

process.exitCode = await main();
