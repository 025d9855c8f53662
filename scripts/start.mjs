// `npm start`: the main job on the example invoice, on a fresh clone too. Further arguments are passed on (`npm start -- --json`).
import { join } from "node:path";
import { commandLine, makeReady, runNode } from "./ready.mjs";

makeReady();
const example = join("examples", "invoice");
const job = ["run", join(example, "invoice.pdf"), "--prompts", join(example, "prompts.json"), "--llm", "local"];
process.exitCode = runNode(commandLine, [...job, ...process.argv.slice(2)]);
