/** The serverless entry: the HTTP interface for a host that calls it with each request. Nothing else may live in this folder, because each file in it becomes an address. */
import { openService } from "../inngest.config.ts";

const { app } = await openService({ keyless: "refused" });

export default app;
