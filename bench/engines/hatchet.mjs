// The engine hatchet: Hatchet's engine over a Postgres of its own, which goes on when the engine is killed.
import { bareOf, CONCURRENCY, createWatch, doStep, STEPS } from "./chain.mjs";
import { compiledTool } from "./tools.mjs";

/** After so long without a heartbeat Hatchet gives the calls of a worker to another. Workers see at once that Hatchet itself is gone. */
export const detectionMs = 30_000;
export const durable = true;

export async function startServer() {
  const { startHatchet } = await compiledTool("test/servers/hatchet");
  const { token, hostPort, apiUrl, kill, restart, stop } = await startHatchet();
  return { address: { token, hostPort, apiUrl }, kill, restart, stop };
}

export const worker = ({ token, hostPort, apiUrl }) => ({
  variables: { HATCHET_CLIENT_TOKEN: token },
  settings: { hatchet: { hostPort, apiUrl, tls: "none" } },
});

/** The same for the command line. */
export const environment = ({ token, hostPort, apiUrl }) => ({
  HATCHET_CLIENT_TOKEN: token,
  HATCHET_CLIENT_HOST_PORT: hostPort,
  HATCHET_CLIENT_API_URL: apiUrl,
  HATCHET_CLIENT_TLS_STRATEGY: "none",
});

export const bareIs = "a workflow of the SDK";

/** A workflow with as many tasks, each the parent of the next. */
export async function openBare({ server }) {
  const { HatchetClient } = await import("@hatchet-dev/typescript-sdk/v1/index.js");
  const watch = createWatch();
  const { token, hostPort, apiUrl } = server.address;
  const quiet = () => undefined;
  // Its level alone doesn't keep it from printing.
  const logger = () => ({ debug: quiet, info: quiet, green: quiet, util: quiet, warn: quiet, error: quiet });
  const client = HatchetClient.init({ token, host_port: hostPort, api_url: apiUrl, tls_config: { tls_strategy: "none" }, log_level: "WARN", logger });
  const walk = client.workflow({ name: "bare-walk" });
  let before;
  for (let index = 0; index < STEPS; index++) {
    before = walk.task({
      name: `step-${index}`,
      parents: before === undefined ? [] : [before],
      async fn({ id, stepMs }) {
        await doStep(stepMs, index, () => watch.begun(id));
        if (index + 1 === STEPS) watch.ended(id);
        return {};
      },
    });
  }
  const worker = await client.worker("bare", { workflows: [walk], slots: CONCURRENCY, handleKill: false });
  const working = worker.start();
  working.catch(() => undefined);
  await worker.waitUntilReady(10_000);
  const start = async (runs) => {
    for (let from = 0; from < runs.length; from += 500) await walk.runNoWait(runs.slice(from, from + 500));
  };
  return bareOf(watch, start, async () => {
    await worker.stop();
  });
}
