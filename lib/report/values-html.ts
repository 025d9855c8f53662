/** The values of a report: a card for each, with its proof, its grade and what is behind it. */
import type { Json } from "../schema/json.ts";
import { type Grade, gradeSchema, type OutputResult } from "../schema/result.ts";
import { formatName, formatPlural, formatScalar, formatUsage } from "./format.ts";
import { type Html, html } from "./html.ts";
import type { CitationView, ValueView } from "./view.ts";

/** Longer tables are cut in the report; the result has them whole. */
const MAXIMUM_ROWS = 500;

const PROOF = {
  exact: { sign: "✓", word: "exact", title: "The quote stands in the document letter by letter." },
  normalized: { sign: "≈", word: "normalized", title: "The quote stands in the document, apart from case, blanks, dashes or quotation marks." },
  fuzzy: { sign: "∼", word: "fuzzy", title: "A passage very much like the quote stands in the document." },
  none: { sign: "?", word: "not found", title: "No passage of the document proves this value." },
} as const;

const STATUS: Readonly<Record<Exclude<OutputResult["status"], "extracted">, { label: string; note: string }>> = {
  absent: { label: "Not in the document", note: "The document was searched and does not say." },
  uncertain: { label: "Uncertain", note: "No passage of the document proves this value. Check it before use." },
  failed: { label: "Failed", note: "" },
  skipped: { label: "Skipped", note: "Not asked, because a value that it depends on failed." },
};

const GRADES: readonly Grade[] = gradeSchema.options;

/** A badge that says how well a quote was found, by sign and word, not by colour alone. */
function proofBadge(proof: keyof typeof PROOF): Html {
  const { sign, word, title } = PROOF[proof];
  return html`<span class="proof is-${proof}" title="${title}"><span aria-hidden="true">${sign}</span> ${word}</span>`;
}

/** A grade as word and as filled bars. */
function gradeChip(grade: Grade | undefined): Html | undefined {
  if (!grade) return undefined;
  const filled = GRADES.indexOf(grade) + 1;
  const bars = GRADES.map(
    (_, index) => html`<rect x="${index * 5}" y="${9 - index * 3}" width="3.4" height="${3 + index * 3}" rx=".8" class="${index < filled ? "on" : "off"}"/>`,
  );
  return html`<span class="grade is-${grade}"><svg viewBox="0 0 19 12" aria-hidden="true">${bars}</svg><span class="hidden">Grade: </span>${grade}</span>`;
}

function isRow(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function looksNumeric(cell: Json | undefined): boolean {
  return typeof cell === "number" || (typeof cell === "string" && /^[-+(]?[\p{Sc}\s]?\d[\d.,'\s]{0,30}\)?%?$/u.test(cell));
}

function tableOf(rows: readonly { readonly [key: string]: Json }[], label: string): Html {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const numeric = columns.map((column) => rows.every((row) => (row[column] ?? null) === null || looksNumeric(row[column])));
  const shown = rows.slice(0, MAXIMUM_ROWS);
  const body = shown.map(
    (row) =>
      html`<tr>${columns.map((column, index) => html`<td class="${numeric[index] ? "number" : "words"}" dir="auto">${formatScalar(row[column] ?? "")}</td>`)}</tr>`,
  );
  const more = rows.length > shown.length ? html`<p class="note">${formatPlural(rows.length - shown.length, "more row")} in the result.</p>` : undefined;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Rows of ${label}"><table>
<thead><tr>${columns.map((column, index) => html`<th scope="col" class="${numeric[index] ? "number" : "words"}" dir="auto">${formatName(column)}</th>`)}</tr></thead>
<tbody>${body}</tbody></table></div><p class="note">${formatPlural(rows.length, "row")}</p>${more}`;
}

/** A value as it is shown: rows as a table, JSON as text, everything else large. */
function answerOf(value: Json, label: string): Html {
  if (value === null) return html`<p class="answer is-empty">no value</p>`;
  if (Array.isArray(value) && value.length > 0 && value.every(isRow)) return tableOf(value, label);
  if (Array.isArray(value) && value.length > 0 && value.every((entry) => typeof entry !== "object")) {
    return html`<ul class="answer is-list">${value.map((entry: Json) => html`<li dir="auto">${formatScalar(entry)}</li>`)}</ul>`;
  }
  if (typeof value === "object")
    return html`<pre class="scroll" tabindex="0" role="region" aria-label="JSON of ${label}">${JSON.stringify(value, null, 2)}</pre>`;
  const text = formatScalar(value);
  const size = text.length > 60 ? " is-long" : text.length > 26 ? " is-medium" : "";
  return html`<p class="answer${size}" dir="auto">${text}</p>`;
}

function whereOf({ citation, page }: CitationView): string {
  if (page !== undefined && citation.page === undefined) return "Text";
  if (page !== undefined) return `Page ${page}`;
  if (citation.cell !== undefined) return `Cell ${citation.cell}`;
  return citation.row === undefined ? "Document" : `Row ${citation.row}`;
}

function citationItem(view: CitationView, value: ValueView, index: number): Html {
  const { citation, place } = view;
  const where = whereOf(view);
  const inside = html`<span class="where">${where}</span><q dir="auto">${citation.quote}</q>${proofBadge(citation.match)}`;
  if (place === undefined) return html`<li><span class="cite">${inside}</span></li>`;
  return html`<li><a class="cite" href="#${place}" data-value="${value.number}" data-citation="${index + 1}"><span class="hidden">Show on the page: </span>${inside}</a></li>`;
}

/** The scores as bars; one below 1 with its reason. */
function scoreRows({ scores, score_reasons: reasons }: OutputResult): Html | undefined {
  const entries = Object.entries(scores);
  if (entries.length === 0) return undefined;
  const rows = entries.map(([name, score]) => {
    const share = Math.min(1, Math.max(0, score));
    return html`<div class="score"><dt>${formatName(name)}</dt><dd><svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect width="100" height="6" class="off"/><rect width="${(share * 100).toFixed(1)}" height="6" class="on"/></svg>${share.toFixed(2)}</dd>${whyBelow(share, reasons?.[name])}</div>`;
  });
  return html`<dl class="scores">${rows}</dl>`;
}

function whyBelow(share: number, reason: string | undefined): Html | undefined {
  return share < 1 && reason ? html`<dd class="why">${reason}</dd>` : undefined;
}

/** Kinds of personal data that the value holds and nobody asked for; never the data. */
function personalData(pii: OutputResult["pii"]): Html | undefined {
  if (pii === undefined || pii.length === 0) return undefined;
  const kinds = [...new Set(pii.map(({ kind }) => kind))].join(", ");
  return html`<p class="note">Personal data that was not asked for: ${kinds}</p>`;
}

/** How the passages were found, where that was more than reading a whole document. */
function searchedIn(searched: OutputResult["searched"]): Html | undefined {
  if (searched === undefined || searched.places.length < 2) return undefined;
  const places = searched.places.map(
    ({ pages: [first, last], reason }) => html`<li dir="auto">${first === last ? `page ${first}` : `pages ${first} to ${last}`}: ${reason}</li>`,
  );
  return html`<details><summary>Searched by ${searched.strategy}</summary><p class="note" dir="auto">${sentence(searched.how)}</p><ol class="note">${places}</ol></details>`;
}

function behind(output: OutputResult): Html | undefined {
  const hasReasoning = output.reasoning.trim() !== "" && output.status !== "absent";
  const parts = [
    !hasReasoning ? undefined : html`<p dir="auto">${output.reasoning}</p>`,
    scoreRows(output),
    searchedIn(output.searched),
    personalData(output.pii),
    output.alternatives.length === 0
      ? undefined
      : html`<p>Could also be read as: ${output.alternatives.map((value, index) => html`${index > 0 ? ", " : ""}<span class="alternative" dir="auto">${formatScalar(value)}</span>`)}</p>`,
    output.attempts > 1 ? html`<p class="note">${formatPlural(output.attempts, "attempt")}</p>` : undefined,
    output.usage.input_tokens + output.usage.output_tokens > 0 ? html`<p class="note">${formatUsage(output.usage)}</p>` : undefined,
  ].filter((part) => part !== undefined);
  if (parts.length === 0) return undefined;
  const titles = [hasReasoning ? "Reasoning" : "", Object.keys(output.scores).length > 0 ? "scores" : ""].filter((title) => title !== "");
  const title = titles.join(" and ") || "More";
  return html`<details><summary>${title.charAt(0).toUpperCase()}${title.slice(1)}</summary><div class="behind">${parts}</div></details>`;
}

/** A remark as a sentence: with a capital and a full stop. */
function sentence(text: string): string {
  const plain = text.trim();
  const ended = plain === "" || /[.!?…]$/.test(plain) ? plain : `${plain}.`;
  return ended.charAt(0).toUpperCase() + ended.slice(1);
}

function statusNote(output: OutputResult): Html | undefined {
  if (output.status === "extracted") return undefined;
  const { label, note } = STATUS[output.status];
  const error = output.error ? html` <span dir="auto">${output.error.message}</span> <code>${output.error.code}</code>` : undefined;
  const badge = output.status === "uncertain" && output.citations.length === 0 ? proofBadge("none") : undefined;
  const searched = output.status === "absent" && output.reasoning.trim() !== "" ? sentence(output.reasoning) : note;
  return html`<p class="status">${badge}<strong>${label}.</strong> <span dir="auto">${searched}</span>${error}</p>`;
}

/** A table has a place for each cell; the first few show the way. */
const CITATIONS_SHOWN = 6;

function citationList(value: ValueView): Html | undefined {
  const items = value.citations.map((citation, index) => citationItem(citation, value, index));
  if (items.length === 0) return undefined;
  if (items.length <= CITATIONS_SHOWN + 1) return html`<ul class="cites">${items}</ul>`;
  const rest = items.slice(CITATIONS_SHOWN);
  return html`<ul class="cites">${items.slice(0, CITATIONS_SHOWN)}</ul><details><summary>${rest.length} more places</summary><ul class="cites">${rest}</ul></details>`;
}

function card(value: ValueView): Html {
  const { number, colour, name, output, citations } = value;
  const hasValue = output.status === "extracted" || output.status === "uncertain";
  const unproven = output.status === "extracted" && citations.length === 0;
  return html`<li><article class="value colour-${colour} is-${output.status}" id="value-${number}" data-value="${number}" tabindex="-1" aria-labelledby="name-${number}">
<header><span class="tag">${number}</span><h3 id="name-${number}" dir="auto">${formatName(name)}</h3><span class="type">${output.type}</span>${unproven ? proofBadge("none") : undefined}${gradeChip(output.grade)}</header>
${hasValue ? answerOf(output.value, name) : undefined}${statusNote(output)}
${citationList(value)}${behind(output)}
</article></li>
`;
}

/** The list of cards. */
export function valueList(values: readonly ValueView[]): Html {
  return html`<ol class="values">${values.map(card)}</ol>`;
}
