/** `prompt-studio doctor`: what is configured, what is missing, and how to mend it. */
import { type AdapterSettings, SERVICE_KINDS, type ServiceKind } from "../adapters/settings.ts";
import { type Config, findAdapter, STAGE_IDS, variablesOf } from "../config.ts";
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
      ...(await Promise.all(adaptersToCheck(config).map(([service, name]) => checkAdapter(context, config, service, name)))),
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
    { name: "concurrency", status: "ok", detail: `${formatPlural(concurrency, "call")} at once, at most ${concurrencyPerTenant} of one tenant` },
  ];
}

function recognitionCheck(): Finding {
  const name = "text recognition";
  return canRecognise("en")
    ? { name, status: "ok", detail: "installed for English; each other language is a package of its own" }
    : { name, status: "missing", detail: "scans and images can't be read", fix: `For scans: ${installCommand("en")}` };
}

const BUILT_IN: Readonly<Record<string, string>> = {
  "llm local": "built in: reads labels, tables and patterns; no key, no network",
  "embedding local": "built in: shared words, not shared meaning; no key, no network",
  "vector-db local": "built in: vectors lie beside the index, in the store",
  "x2text builtin": "built in: PDF, scans, Office and text files; no key, no network",
  "x2text no-op": "built in: takes the document as text, as it is",
};

/** The default of each kind always, those that only variables describe when their key is there, and all that the file has. */
function adaptersToCheck(config: Config): [ServiceKind, string][] {
  return SERVICE_KINDS.flatMap((service) => {
    const instances: ReadonlyMap<string, AdapterSettings<ServiceKind>> = config.adapters.instances[service];
    const ready = [...instances].filter(([name, settings]) => name !== settings.kind || variablesOf(settings).every((key) => config.secret(key) !== undefined));
    const names = new Set([config.adapters.defaults[service], ...ready.map(([name]) => name)]);
    return [...names].map((name): [ServiceKind, string] => [service, name]);
  });
}

async function checkAdapter(context: Context, config: Config, service: ServiceKind, name: string): Promise<Finding> {
  const isDefault = name === config.adapters.defaults[service];
  const label = `${service} ${name}${isDefault ? " (default)" : ""}`;
  const wrong = isDefault ? "failed" : "missing";
  let where = "";
  try {
    const settings: AdapterSettings<ServiceKind> = findAdapter(config, service, name);
    const builtIn = BUILT_IN[`${service} ${settings.kind}`];
    if (builtIn !== undefined) return { name: label, status: "ok", detail: builtIn };
    where = describe(settings);
    await context.surroundings.checkAdapter(config, service, name);
    return { name: label, status: "ok", detail: where };
  } catch (error) {
    const detail = where === "" ? messageOf(error) : `${where}: ${messageOf(error)}`;
    const variables = config.adapters.instances[service].get(name);
    const keys = variables === undefined ? [] : variablesOf(variables);
    const key = keys.length === 0 ? "" : `, the environment variable ${keys.join(", ")}`;
    return { name: label, status: wrong, detail, fix: `Check its settings (adapters.${service}.${name} in prompt-studio.config.json)${key} and the network.` };
  }
}

/** What an adapter is, without secrets: its kind, what it is set to, and where. */
function describe(settings: AdapterSettings<ServiceKind>): string {
  const { kind, model, mode, url, baseUrl }: { kind: string; model?: string; mode?: string | undefined; url?: string; baseUrl?: string | undefined } = settings;
  const what = [kind, model ?? mode].filter((part) => part !== undefined).join(" ");
  const place = url ?? baseUrl;
  return place === undefined ? what : `${what} at ${place}`;
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
