/** How the engine inngest is made. It is served by a function of ours, so it is put together here and not below. */
import { given } from "./config/read.ts";
import type { MakeEngine } from "./engine/create.ts";

/** Loads the function, and with it the SDK, when it is called. */
export const makeInngest: MakeEngine = async ({ settings, secret, tenant, accept, receivers, ...parts }) => {
  const { openInngest } = await import("../functions/prompt-studio.ts");
  const { dev, baseUrl = typeof dev === "string" ? dev : undefined } = settings.inngest;
  const [eventKey, signingKey] = [secret("INNGEST_EVENT_KEY"), secret("INNGEST_SIGNING_KEY")];
  const own = { isDev: dev !== false, ...given({ baseUrl, eventKey, signingKey }) };
  const intake = {
    tenant,
    async accept(request: Record<string, unknown>) {
      await accept(tenant, request);
    },
  };
  const { engine, deliveries } = openInngest({ ...parts, settings: own, intake, deliveries: receivers });
  return { engine, receivers: deliveries.slice(0, deliveries.length - receivers.length) };
};

/** Tells Inngest that its function is served at this address, which makes it call there from now on. Throws when it doesn't take that. */
export async function registerInngest(address: string): Promise<void> {
  const response = await fetch(`${address}/api/inngest`, { method: "PUT" });
  if (!response.ok) throw new Error(`Inngest can't be told to call ${address}; it answered ${response.status}.`);
}
