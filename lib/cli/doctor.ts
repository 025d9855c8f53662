/** `prompt-studio doctor`: what is configured, what is missing, and how to mend it. */
import { type Config, findLlm, type LlmSettings, STAGE_IDS } from "../config.ts";
import { canRecognise, installCommand } from "../document/recognition-data.ts";
import { formatBytes, formatPlural } from "../report/format.ts";
import { messageOf } from "../schema/errors.ts";
import { type Context, colorOf } from "./context.ts";
import { EXIT } from "./surroundings.ts";
import { duration, plain, table } from "./text.ts";

/** One thing that was looked at. */
export interface Finding {
  name: string;
  /** "missing" is what only some uses need. */
  status: "ok" | "missing" | "failed";
  detail: string;
  /** What to do about it. */
  fix?: string;
}

const REACH_MS = 5_000;
const OPENAI_URL = "https://api.openai.com/v1";

/** Whether this version of Node.js will do. */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  return ok ? { name: "node", status: "ok", detail: version } : { name: "node", status: "failed", detail: version, fix: "Install Node.js 20.19 or newer." };
}

/** Runs every check and prints them; 1 when one that is needed failed. */
export async function runDoctor(context: Context): Promise<number> {
  const checks = [checkNode(process.versions.node)];
  let config: Config | undefined;
  try {
    config = await context.surroundings.loadConfig({ storeLocation: context.options.store });
    checks.push({ name: "configuration", status: "ok", detail: `engine ${config.engine}, tenant ${config.tenant}` });
  } catch (error) {
    checks.push({
      name: "configuration",
      status: "failed",
      detail: messageOf(error),
      fix: "Mend prompt-studio.config.json or the environment variable that is named.",
    });
  }
  if (config)
    checks.push(
      await checkStore(context, config),
      ...limitChecks(config),
      recognitionCheck(),
      ...(await Promise.all([...llmsToCheck(config)].map((llm) => checkLlm(llm, config)))),
    );
  const ok = checks.every(({ status }) => status !== "failed");
  if (context.options.json) context.printJson({ ok, checks });
  else printChecks(context, config, checks, ok);
  return ok ? EXIT.done : EXIT.failed;
}

async function checkStore(context: Context, config: Config): Promise<Finding> {
  const where =
    config.store.kind === "fs"
      ? config.store.path
      : `s3://${config.store.bucket}/${config.store.prefix}${config.store.endpoint ? ` at ${config.store.endpoint}` : ""}`;
  try {
    await context.surroundings.checkStore(config);
    return { name: "store", status: "ok", detail: where };
  } catch (error) {
    return {
      name: "store",
      status: "failed",
      detail: `${where}: ${messageOf(error)}`,
      fix: "Set PROMPT_STUDIO_STORE (or --store) to a folder that can be written to, or to s3://bucket/prefix.",
    };
  }
}

function limitChecks({ limits, policies, concurrency, concurrencyPerTenant }: Config): Finding[] {
  const bounds = [
    `document ${formatBytes(limits.documentBytes)}`,
    `prompt ${formatBytes(limits.promptBytes)}`,
    `text ${formatBytes(limits.textBytes)}`,
    formatPlural(limits.pages, "page"),
    formatPlural(limits.outputs, "output"),
  ];
  const stages = STAGE_IDS.map((id) => `${id} ${policies[id].maxAttempts} × ${duration(policies[id].timeoutMs)}`);
  return [
    { name: "limits", status: "ok", detail: bounds.join(", ") },
    { name: "attempts", status: "ok", detail: stages.join(", ") },
    { name: "concurrency", status: "ok", detail: `${formatPlural(concurrency, "call")} at once, ${concurrencyPerTenant} of one tenant` },
  ];
}

function recognitionCheck(): Finding {
  const name = "text recognition";
  return canRecognise("en")
    ? { name, status: "ok", detail: "installed for English; each other language is a package of its own" }
    : { name, status: "missing", detail: "scans and images can't be read", fix: `For scans: ${installCommand("en")}` };
}

/** The default model always, the built-in openai only when it is that or has its key, and all that are configured. */
function llmsToCheck(config: Config): Set<string> {
  const names = [...config.llms.keys()].filter((name) => name !== "openai" || config.secret("OPENAI_API_KEY") !== undefined);
  return new Set([config.llm, ...names]);
}

async function checkLlm(name: string, config: Config): Promise<Finding> {
  const isDefault = name === config.llm;
  const label = `llm ${name}${isDefault ? " (default)" : ""}`;
  const wrong = isDefault ? "failed" : "missing";
  let settings: LlmSettings;
  try {
    settings = findLlm(config, name);
  } catch (error) {
    return { name: label, status: wrong, detail: messageOf(error) };
  }
  if (settings.kind === "local") return { name: label, status: "ok", detail: "built in: reads labels, tables and patterns; no key, no network" };
  const problem = await reach(settings, config);
  const where = `${settings.model} at ${settings.baseUrl ?? OPENAI_URL}`;
  return problem === undefined
    ? { name: label, status: "ok", detail: where }
    : { name: label, status: wrong, detail: `${where}: ${problem.what}`, fix: problem.fix };
}

/** Asks the service for its list of models, which costs nothing. */
async function reach(settings: Extract<LlmSettings, { kind: "openai" }>, config: Config): Promise<{ what: string; fix: string } | undefined> {
  const key = settings.apiKeyEnv === undefined ? undefined : config.secret(settings.apiKeyEnv);
  const url = `${(settings.baseUrl ?? OPENAI_URL).replace(/\/+$/, "")}/models`;
  try {
    const response = await fetch(url, {
      ...(key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } }),
      signal: AbortSignal.timeout(REACH_MS),
      redirect: "error",
    });
    await response.body?.cancel();
    if (response.status !== 401 && response.status !== 403) return undefined;
    return { what: `it refuses the key (${response.status})`, fix: `Finding the environment variable ${settings.apiKeyEnv ?? "that apiKeyEnv should name"}.` };
  } catch {
    return { what: "it can't be reached", fix: "Finding the address (OPENAI_BASE_URL or baseUrl) and the network, or use --llm local." };
  }
}

function printChecks(context: Context, config: Config | undefined, checks: readonly Finding[], ok: boolean): void {
  const { stdout } = context.surroundings;
  const marks = config && colorOf(stdout, config) ? { ok: "✓", missing: "–", failed: "✗" } : { ok: "ok", missing: "missing", failed: "failed" };
  const rows = checks.flatMap(({ name, status, detail, fix }) => [
    [marks[status], plain(name), plain(detail)],
    ...(fix === undefined ? [] : [["", "", `→ ${plain(fix)}`]]),
  ]);
  context.print(
    ...table([{ title: "" }, { title: "check" }, { title: "" }], rows, 1000),
    "",
    ok ? "Everything that is needed is there." : "Something that is needed is missing.",
  );
}
