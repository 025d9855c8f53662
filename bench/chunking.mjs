// Cuts compared with LangChain's RecursiveCharacterTextSplitter at equal mean lengths, both ranked by the cases' scorer.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RecursiveCharacterTextSplitter } from "@langchain/textsplitters";
import { chunksOfMeanLength, nearestMean } from "../scripts/cases/chunk.mjs";
import { caseIds, openCase } from "../scripts/cases/folder.mjs";

const MEAN_LENGTHS = [350, 730];

/** LangChain's chunks as offsets; it gives texts, each of which is a part of the text. `share` of a chunk is overlap. */
const recursive = (share) => (text, characters) =>
  nearestMean(characters, { low: 20, high: characters * 4 }, async (chunkSize) => {
    const splitter = new RecursiveCharacterTextSplitter({ chunkSize, chunkOverlap: Math.floor(chunkSize * share) });
    let from = 0;
    return (await splitter.splitText(text)).map((chunk) => {
      const start = text.indexOf(chunk, from);
      if (start < 0) throw new Error("a chunk of LangChain's is not found in the text");
      from = start + (share === 0 ? chunk.length : 1);
      return { start, end: start + chunk.length };
    });
  });

const SPLITTERS = { ours: chunksOfMeanLength, "LangChain recursive": recursive(0), "LangChain recursive, a tenth of overlap": recursive(0.1) };

/** The scores of one splitter at one mean length: recall and precision of the five best chunks over characters, and the mean length that was reached. */
async function scoresOf(splitter, characters, { dir, scorer, folder }) {
  const predictions = {};
  for (const id of caseIds(dir, "chunk")) {
    const { chunks } = await SPLITTERS[splitter](openCase(dir, "chunk", id).text("corpus.md"), characters);
    predictions[`chunk/${id}`] = { chunks: chunks.map(({ start, end }) => [start, end]) };
  }
  const files = { predictions: join(folder, "predictions.json"), scores: join(folder, "scores.json") };
  writeFileSync(files.predictions, JSON.stringify(predictions));
  const run = spawnSync(process.execPath, [scorer, "--set", dir, "--family", "chunk", "--json", files.scores, files.predictions], { encoding: "utf8" });
  if (run.status !== 0) throw new Error(`the scorer failed: ${run.stderr}`);
  return JSON.parse(readFileSync(files.scores, "utf8")).chunk;
}

/** One row for each mean length, splitter and corpus. */
export async function benchChunkQuality({ dir, scorer }) {
  const folder = mkdtempSync(join(tmpdir(), "prompt-studio-bench-"));
  try {
    const rows = [];
    for (const characters of MEAN_LENGTHS) {
      for (const splitter of Object.keys(SPLITTERS)) {
        const scores = await scoresOf(splitter, characters, { dir, scorer, folder });
        for (const [corpus, score] of Object.entries(scores)) {
          rows.push({ asked: characters, splitter, corpus, length: score.mean_size, recall: score["recall@5"], precision: score["precision@5"] });
        }
      }
    }
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
