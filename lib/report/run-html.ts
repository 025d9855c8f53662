/** What a report says about the run itself: issues, tokens and cost, where it came from. */
import type { Json } from "../schema/json.ts";
import type { Issue, RunResult, Usage } from "../schema/result.ts";
import { formatBytes, formatCost, formatCount, formatName, formatPlural, formatScalar } from "./format.ts";
import { type Html, html } from "./html.ts";

const STATUS: Readonly<Record<RunResult["status"], { sign: string; label: string }>> = {
  queued: { sign: "…", label: "queued" },
  running: { sign: "…", label: "running" },
  completed: { sign: "✓", label: "completed" },
  completed_with_issues: { sign: "!", label: "completed with issues" },
  failed: { sign: "✕", label: "failed" },
  cancelled: { sign: "–", label: "cancelled" },
};

const COUNTED = ["extracted", "absent", "uncertain", "failed", "skipped"] as const;

/** The run's status as sign and words. */
export function statusPill(status: RunResult["status"]): Html {
  const { sign, label } = STATUS[status];
  return html`<span class="pill is-${status}"><span aria-hidden="true">${sign}</span> ${label}</span>`;
}

/** How many values have which status. */
export function statusCounts(result: RunResult): Html {
  const outputs = Object.values(result.outputs);
  const counts = COUNTED.map((status) => ({ status, count: outputs.filter((output) => output.status === status).length })).filter(({ count }) => count > 0);
  return html`<ul class="counts" aria-label="Values by status">${counts.map(({ status, count }) => html`<li class="is-${status}"><b>${count}</b> ${status}</li>`)}</ul>`;
}

function issueItem(issue: Issue): Html {
  const where = [issue.output ? `value ${formatName(issue.output)}` : "", issue.stage ?? ""].filter((part) => part !== "").join(", ");
  return html`<li><span dir="auto">${issue.message}</span> <code>${issue.code}</code>${where === "" ? undefined : html` <span class="note">${where}</span>`}</li>`;
}

/** The issues of a run; nothing when there are none. */
export function issueList(issues: readonly Issue[]): Html | undefined {
  if (issues.length === 0) return undefined;
  return html`<section class="issues" aria-labelledby="issues"><h2 id="issues">${formatPlural(issues.length, "issue")}</h2><ul>${issues.map(issueItem)}</ul></section>`;
}

function usageRows(title: string, usages: Readonly<Record<string, Usage>>): Html | undefined {
  const entries = Object.entries(usages);
  if (entries.length === 0) return undefined;
  const rows = entries.map(
    ([name, { input_tokens, output_tokens, cost_usd }]) =>
      html`<tr><th scope="row">${name}</th><td class="number">${formatCount(input_tokens)}</td><td class="number">${formatCount(output_tokens)}</td><td class="number">${cost_usd === undefined ? "–" : formatCost(cost_usd)}</td></tr>`,
  );
  return html`<table><thead><tr><th scope="col">${title}</th><th scope="col" class="number">tokens in</th><th scope="col" class="number">out</th><th scope="col" class="number">cost</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function usageSection({ usage }: RunResult): Html {
  if (usage.input_tokens + usage.output_tokens === 0) return html`<p class="note">No model was asked: nothing was paid for.</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Usage">${usageRows("stage", usage.by_stage)}${usageRows("model", usage.by_model)}</div>
<p class="note">Costs are list prices; a model without a known price has none.</p>`;
}

function facts(entries: readonly (readonly [string, Json | undefined])[]): Html {
  const shown = entries.filter(([, value]) => value !== undefined && value !== null && value !== "");
  return html`<dl class="facts">${shown.map(([name, value]) => html`<div><dt>${formatName(name)}</dt><dd dir="auto">${formatScalar(value ?? null)}</dd></div>`)}</dl>`;
}

/** Usage and the run's facts, folded. */
export function runDetails(result: RunResult): Html {
  const { file } = result;
  return html`<section class="run" aria-labelledby="run"><h2 id="run">The run</h2>
<details><summary>Tokens and cost</summary>${usageSection(result)}</details>
<details><summary>Details</summary>${facts([
    ["run id", result.run_id],
    ["file", file.name],
    ["size", formatBytes(file.bytes)],
    ["sha-256", file.sha256],
    ["language", file.language],
    ["storage location", result.storage_location],
    ...Object.entries(result.execution_summary),
  ])}</details></section>`;
}
