// `npm run cases -- --dir DIR --family F[,F…] --out pred.json`: what the product answers to a folder of cases, in the form that their scorer reads. Answers are never read but with --compare.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { FAMILIES, runFamily } from "./cases/families.mjs";
import { caseIds } from "./cases/folder.mjs";
import { makeReady } from "./ready.mjs";

const OPTIONS = {
  dir: { type: "string" },
  family: { type: "string" },
  out: { type: "string" },
  only: { type: "string" },
  paraphrase: { type: "string" },
  paraphrases: { type: "string" },
  reader: { type: "string" },
  "chunk-size": { type: "string" },
  strategy: { type: "string" },
  embedding: { type: "string" },
  compare: { type: "boolean" },
};
const USAGE = `npm run cases -- --dir DIR --family F[,F…] --out FILE [--only PREFIX,…] [--paraphrase A|B [--paraphrases FILE]] [--reader [URL]] [--chunk-size CHARACTERS] [--strategy NAME,…] [--embedding URL] [--compare]

DIR holds a folder for each family, and in it one for each case, as docs/quality.md describes. Families: ${Object.keys(FAMILIES).join(", ")}.
Such sets are made from public ones: invoices and receipts with known values (invoice2data, the e-invoice examples of EN 16931, SROIE, ad-buy forms), the tests of
pdf.js, PDFium, qpdf, pypdf and others, CACM, HotpotQA, XQuAD, Chroma's chunking evaluation, Presidio, SciFact. None is part of this repository.
--reader URL answers fields, absent and extract by the model server at URL; the model's name is the case, such as fields/CASE. For extract, --reader alone starts
the reader of test/cases/nested-reader.mjs, which knows the answers.
--strategy says by which retrieval strategies passages are found, simple unless given; of several, each has a file of its own, such as pred.fusion.json.
--embedding URL embeds at the OpenAI-compatible server at URL (scripts/embedding-server.py is one). --compare opens the answers of the families retrieval and
extract after predicting, and prints how the strategies stand against BM25 over the same index, and how many of the values that a schema has a place for were found.
--paraphrase A|B asks in the other words of FILE (JSON: question to a list of two), or else of paraphrases.json beside DIR.`;

function optionsFrom(args) {
  // A flag that may stand alone is no part of what parseArgs knows.
  const whole = args.map((arg, index) => (arg === "--reader" && (args[index + 1] ?? "--").startsWith("--") ? "--reader=own" : arg));
  const { values } = parseArgs({ args: whole, options: OPTIONS });
  if (values.dir === undefined || values.family === undefined || values.out === undefined) throw new Error("--dir, --family and --out are needed");
  const families = values.family.split(",");
  const unknown = families.filter((family) => FAMILIES[family] === undefined);
  if (unknown.length > 0) throw new Error(`there is no family ${unknown.join(", ")}`);
  if (values.paraphrase !== undefined && !["A", "B"].includes(values.paraphrase)) throw new Error("--paraphrase is A or B");
  const chunkSize = Number(values["chunk-size"] ?? 730);
  if (!(chunkSize >= 50)) throw new Error("--chunk-size is a number of characters from 50");
  const strategies = values.strategy?.split(",") ?? ["simple"];
  return { ...values, families, chunkSize, strategies, prefixes: values.only?.split(",") ?? [""] };
}

async function main() {
  let options;
  try {
    options = optionsFrom(process.argv.slice(2));
  } catch (error) {
    console.error(`${error.message}.\n\n${USAGE}`);
    return 2;
  }
  makeReady();
  /** By file: predictions of several strategies can't share one. */
  const files = new Map();
  let empty = 0;
  for (const family of options.families) {
    const ids = caseIds(options.dir, family).filter((id) => options.prefixes.some((prefix) => id.startsWith(prefix)));
    if (ids.length === 0) {
      console.error(`${family}: no cases in ${options.dir}`);
      empty++;
      continue;
    }
    for (const strategy of family === "retrieval" ? options.strategies : [undefined]) {
      const file = strategy === undefined || options.strategies.length === 1 ? options.out : options.out.replace(/(?:\.json)?$/, `.${strategy}.json`);
      const predictions = files.get(file) ?? {};
      files.set(file, Object.assign(predictions, await runFamily(family, ids, { ...options, strategy })));
      writeFileSync(file, JSON.stringify(predictions));
    }
  }
  for (const [file, predictions] of files) console.error(`${Object.keys(predictions).length} predictions are in ${file}`);
  return empty === 0 ? 0 : 1;
}

process.exitCode = await main();
