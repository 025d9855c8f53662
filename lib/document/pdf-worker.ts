/** The entry of the thread that reads one PDF. It sends the parts of a document and then one answer; whatever it can't answer ends the thread, and the process draws its conclusions. */
import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "../schema/errors.ts";
import { planWithLiteparse, readWithLiteparse, renderWithLiteparse } from "./liteparse.ts";
import type { PdfAnswer, PdfMessage, PdfTask } from "./pdf-protocol.ts";
import { recogniseImage } from "./recognise.ts";
import { readWithUnpdf } from "./unpdf.ts";

function send(message: PdfMessage): void {
  parentPort?.postMessage(message);
}

async function answer(task: PdfTask): Promise<PdfAnswer> {
  if (task.task === "render") return renderWithLiteparse(task);
  if (task.task === "plan") return planWithLiteparse(task);
  if (task.task === "image") return recogniseImage(task, send);
  return task.parser === "liteparse" ? readWithLiteparse(task, send) : readWithUnpdf(task, send);
}

// A trap inside the wasm can be thrown past every await; it is an answer too.
process.on("uncaughtException", (error) => send({ is: "refused", refusal: { reason: "broken", message: messageOf(error) } }));

const task: PdfTask = workerData;
answer(task).then(send, (error) => send({ is: "refused", refusal: { reason: "broken", message: messageOf(error) } }));
