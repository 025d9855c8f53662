// The engine temporal: the development server over a file.
import { fileURLToPath } from "node:url";
import { bareOf, CONCURRENCY, createWatch, doStep, STEPS } from "./chain.mjs";
import { compiledTool } from "./tools.mjs";

/** How long a call may be without a heartbeat. */
export const detectionMs = 30_000;
export const durable = true;

export async function startServer() {
  const { startTemporal } = await compiledTool("test/servers/temporal");
  const { address, kill, restart, stop } = await startTemporal({ isDurable: true });
  return { address: { address }, kill, restart, stop };
}

const QUEUE = "prompt-studio";
export const worker = ({ address }) => ({ settings: { temporal: { address, namespace: "default", taskQueue: QUEUE } } });

/** The same for the command line. */
export const environment = ({ address }) => ({ TEMPORAL_ADDRESS: address });

export const bareIs = "a workflow of the SDK";

/** A workflow with as many activities. */
export async function openBare({ server }) {
  const [{ Client, Connection }, { DefaultLogger, NativeConnection, Runtime, Worker }] = await Promise.all([
    import("@temporalio/client"),
    import("@temporalio/worker"),
  ]);
  Runtime.install({ logger: new DefaultLogger("ERROR"), shutdownSignals: [] });
  const watch = createWatch();
  const { address } = server.address;
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const taskQueue = "bare";
  const bare = await Worker.create({
    connection: native,
    taskQueue,
    workflowsPath: fileURLToPath(new URL("temporal-steps.mjs", import.meta.url)),
    activities: { step: ({ id, stepMs }, index) => doStep(stepMs, index, () => watch.begun(id)) },
    maxConcurrentActivityTaskExecutions: CONCURRENCY,
  });
  const running = bare.run();
  const startOne = async (run) => {
    const handle = await client.workflow.start("walk", { taskQueue, workflowId: run.id, args: [run, STEPS] });
    void handle.result().then(
      () => watch.ended(run.id),
      () => undefined,
    );
  };
  const start = async (runs) => {
    const open = [...runs];
    const takers = Array.from({ length: 50 }, async () => {
      for (let run = open.shift(); run !== undefined; run = open.shift()) await startOne(run);
    });
    await Promise.all(takers);
  };
  return bareOf(watch, start, async () => {
    bare.shutdown();
    await running.catch(() => undefined);
    await connection.close();
    await native.close();
  });
}
