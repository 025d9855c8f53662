// The model of the storm: it answers after a while, counts what each call asks, and looks whether the store has the call's result already.
import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { productModule } from "../../scripts/cases/product.mjs";

/** Whether there is a file in a folder; a folder alone is what somebody left who was killed before he wrote. */
const holdsFiles = (folder) => existsSync(folder) && readdirSync(folder).length > 0;

/** Starts it on a free port of 127.0.0.1. `root` is the folder of the store. */
export async function startCountingModel({ root, tenant, latencyMs }) {
  const { runKeys } = await productModule("lib/store/layout");
  /** How often each call asked, and the requests that came although their result, or their paid answer, was in the store. */
  const asked = new Map();
  const repeated = [];
  const paidTwice = [];
  let arrivals = 0;

  const answer = async (incoming, response) => {
    const parts = [];
    for await (const part of incoming) parts.push(part);
    const { runId, call } = JSON.parse(Buffer.concat(parts).toString("utf8"));
    const keys = runKeys(tenant, runId);
    const name = `${runId}/${call}`;
    arrivals++;
    asked.set(name, (asked.get(name) ?? 0) + 1);
    // Without waiting: what is there now was there when the request came.
    if (existsSync(join(root, keys.result(call)))) repeated.push(name);
    else if (holdsFiles(join(root, keys.allPaid, call))) paidTwice.push(name);
    await sleep(latencyMs);
    response.end(JSON.stringify(`${call} of ${runId}`));
  };
  const server = createServer((incoming, response) => {
    answer(incoming, response).catch(() => response.destroy());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    asked,
    repeated,
    paidTwice,
    arrivals: () => arrivals,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
