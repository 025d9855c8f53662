// Each engine as the storm and the bench use it: its server, and what a worker needs to know of it.
import { productModule } from "../../scripts/cases/product.mjs";
import * as celery from "./celery.mjs";
import * as embedded from "./embedded.mjs";
import * as hatchet from "./hatchet.mjs";
import * as inngest from "./inngest.mjs";
import * as temporal from "./temporal.mjs";

/**
 * By name. `detectionMs`: how long the engine may take to see that a worker is gone; `serverDetectionMs`, where it is more, that its server was killed. `durable`: whether its server may be killed. `startServer({ folder })` gives
 * `{ address, addWorker, removeWorker, kill, restart, stop }`, of which only the address, plain data for the workers, is always there. `settings(address)` is what a worker sets.
 */
const DRIVERS = { embedded, inngest, hatchet, temporal, celery };
export const ENGINES = Object.keys(DRIVERS);

/** The driver of an engine. */
export const driverOf = (name) => DRIVERS[name];

/** What the product makes an engine from, over the parts that a runtime gives. */
export async function openEngine(name, parts, { address, concurrency }) {
  const { openEngines } = await productModule("lib/engine/create");
  const { variables = {}, settings = {}, makers } = (await driverOf(name).worker(address)) ?? {};
  const nobody = () => Promise.reject(new Error("no requests are expected"));
  return openEngines(
    { chosen: [name], spare: [] },
    {
      ...parts,
      concurrency,
      perTenant: concurrency,
      hostLimitMs: 60_000,
      settings: { inngest: { dev: true }, hatchet: {}, temporal: {}, celery: {}, ...settings },
      secret: (variable) => variables[variable],
      tenant: "default",
      accept: nobody,
      finalOutput: async () => null,
      receivers: [],
    },
    makers,
  );
}
