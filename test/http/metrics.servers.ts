/** Prometheus's own check has nothing to say against what /metrics gives, after runs on two engines of which one failed. */
import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startInngestServer } from "../support/inngest-server.ts";
import { openWorld, REQUEST, untilEnded } from "./support.ts";

const missing = spawnSync("promtool", ["--version"]).status !== 0;
const HOW = 'There is no promtool on the PATH; install it, on Debian with "apt-get install prometheus".';

it.skipIf(missing && !process.env.CI)(`promtool check metrics is clean${missing ? ` (${HOW})` : ""}`, async () => {
  expect(missing, HOW).toBe(false);
  const server = await startInngestServer();
  const world = await openWorld({ TASK_QUEUE_SPLIT: "inngest:50", INNGEST_DEV: server.url, PROMPT_STUDIO_TENANT: "acme" });
  await server.call(world.service.app.fetch);
  await writeFile(join(world.folder, "acme", "broken.pdf"), "%PDF-1.4 and nothing more");
  const worker = await world.service.startWorker();
  for (let number = 0; number < 8; number++) {
    await world.post({ ...REQUEST, run_id: `run-${number}`, file_path: number === 0 ? "broken.pdf" : "a.txt" });
    await untilEnded(world, `run-${number}`);
  }
  const text = await (await world.ask("/metrics")).text();
  const lines = text.split("\n").filter((line) => line.startsWith("prompt_service_task_"));
  for (const part of ["_started_total{", "_failed_total{", 'engine="embedded"', 'engine="inngest"', 'exception_type="document_broken"']) {
    expect(lines.join("\n")).toContain(part);
  }
  const checked = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
  expect([checked.stdout, checked.stderr, checked.status]).toEqual(["", "", 0]);
  await worker.stop(1_000);
  await world.close();
  await server.stop();
});
