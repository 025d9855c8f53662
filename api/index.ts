/** The serverless entry: the HTTP interface for a host that calls it with each request. Nothing else may live in this folder, because each file in it becomes an address. */
import { openService } from "../inngest.config.ts";

/** As in vercel.json; PROMPT_STUDIO_HOST_LIMIT_SECONDS says otherwise. */
const HOST_LIMIT_MS = 300_000;

const { app } = await openService({ keyless: "refused", hostLimitMs: HOST_LIMIT_MS });

export default app;
