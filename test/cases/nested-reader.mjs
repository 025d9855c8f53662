// A perfect reader for nested schemas behind an OpenAI-compatible API: it knows the answers of a folder's family `extract`, and gives a part of one only if the request's text holds it.
// So what a run loses against it was lost by reading, retrieval, typing or putting together, and not by a model.
//   node test/cases/nested-reader.mjs --dir DIR      prints {"url": "http://127.0.0.1:PORT/v1"}; the request's model ends with extract/CASE.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { productModule } from "../../scripts/cases/product.mjs";

const { readStructure } = await productModule("lib/schema/structure");
const { partsOf } = await productModule("lib/structure/parts");

/** Lower-case letters and digits. */
const squash = (text) => String(text).normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
const wordsOf = (text) => String(text).toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? [];
/** How many of an answer's words must be there for a reader to have read it, where it isn't printed as a whole. */
const SHARE = 0.6;
const MONTHS = "january february march april may june july august september october november december".split(" ");

function casesOf(dir) {
  const folder = join(resolve(dir), "extract");
  const ids = existsSync(folder) ? readdirSync(folder) : [];
  return new Map(
    ids.flatMap((id) => {
      const files = ["schema.json", "expected.json"].map((name) => join(folder, id, name));
      if (!files.every(existsSync)) return [];
      const [schema, expected] = files.map((path) => JSON.parse(readFileSync(path, "utf8")));
      const read = readStructure(schema);
      if (read.problem) throw new Error(`${id}: ${read.problem.pointer} ${read.problem.message}`);
      return [[`extract/${id}`, { gold: expected.gold, parts: partsOf(read.node) }]];
    }),
  );
}

/** How a value may be printed. */
function formsOf(value) {
  if (typeof value === "number") {
    const [whole, rest] = String(Math.abs(value)).split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
    return [String(Math.abs(value)), rest === undefined ? grouped : `${grouped}.${rest}`, Math.abs(value).toFixed(2), Math.abs(value).toFixed(1)];
  }
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(value) ?? [];
  if (year === undefined) return [String(value)];
  const name = MONTHS[Number(month) - 1];
  return [value, `${name} ${Number(day)}, ${year}`, `${Number(day)} ${name} ${year}`, `${month}/${day}/${year}`, `${day}.${month}.${year}`];
}

/** The text as printed, if it is there. */
function printed(value, text) {
  for (const form of formsOf(value)) {
    const at = text.plain.indexOf(form);
    const isWhole = at >= 0 && !/[\p{L}\p{N}]/u.test(text.plain[at - 1] ?? "") && !/[\p{L}\p{N}]/u.test(text.plain[at + form.length] ?? "");
    if (isWhole) return form;
    if (typeof value !== "number" && squash(form).length > 2 && text.squashed.includes(squash(form))) return form;
  }
  return undefined;
}

function isRead(value, text) {
  if (typeof value === "boolean" || value === null || value === undefined) return false;
  if (printed(value, text) !== undefined) return true;
  const words = typeof value === "string" ? wordsOf(value) : [];
  return words.length > 2 && words.filter((word) => text.words.has(word)).length >= SHARE * words.length;
}

const leavesOf = (value) => (value !== null && typeof value === "object" ? Object.values(value).flatMap(leavesOf) : [value]);

/** An answer in the form of the strict schema. */
function inForm(schema, value, text) {
  if (value === undefined || value === null) return null;
  if (schema.anyOf) {
    const kind = Array.isArray(value) ? "array" : typeof value === "object" ? "object" : undefined;
    const forms = schema.anyOf.filter((form) => form.type !== "null");
    const isMap = (form) => form.type === "array" && form.items?.properties?.key && form.items.properties.value;
    const form = forms.find((one) => (kind === "object" ? one.type === "object" || isMap(one) : kind === undefined ? one.type !== "array" && one.type !== "object" : one.type === kind && !isMap(one)));
    return form ? inForm(form, value, text) : forms.some((one) => one.anyOf) ? inForm(forms.find((one) => one.anyOf), value, text) : null;
  }
  if (schema.type === "array" && !Array.isArray(value)) return Object.entries(value).map(([key, entry]) => ({ key, value: inForm(schema.items.properties.value, entry, text) }));
  if (schema.type === "array") return value.filter((entry) => leavesOf(entry).some((leaf) => isRead(leaf, text))).map((entry) => inForm(schema.items, entry, text));
  if (schema.type === "object") return Object.fromEntries(Object.entries(schema.properties).map(([name, inner]) => [name, inForm(inner, value[name], text)]));
  if (schema.enum || schema.type === "boolean") return value;
  return printed(value, text) ?? String(value);
}

const lineWith = (text, form) => text.plain.split("\n").find((line) => line.includes(form))?.trim() ?? "";

function answer(part, gold, schema, text) {
  const value = part.pointer.split("/").slice(1).reduce((inner, name) => inner?.[name.replaceAll("~1", "/").replaceAll("~0", "~")], gold);
  const leaves = leavesOf(value ?? null);
  const isConcluded = typeof value === "boolean";
  if (!isConcluded && !leaves.some((leaf) => isRead(leaf, text))) return { reasoning: "", found: false, quote: "", value: null };
  const first = leaves.map((leaf) => printed(leaf ?? "", text)).find((form) => form);
  const given = inForm(schema.properties.value, value, text);
  return { reasoning: "", found: given !== null, quote: first ? lineWith(text, first) : "", value: given };
}

function reply(cases, body) {
  const known = [...cases].find(([id]) => String(body.model).endsWith(id))?.[1];
  if (known === undefined) return [404, { error: { message: `the model must end with extract/CASE: ${body.model}` } }];
  const user = body.messages.map(({ content }) => content).join("\n");
  const part = known.parts.filter(({ prompt }) => user.includes(`Question: ${prompt}`.trim())).sort((left, right) => right.prompt.length - left.prompt.length)[0];
  const plain = /<(document-[0-9a-f]+)>\n([\s\S]*)\n<\/\1>/.exec(user)?.[2] ?? "";
  const text = { plain, squashed: squash(plain), words: new Set(wordsOf(plain)) };
  const found = part === undefined ? { reasoning: "", found: false, quote: "", value: null } : answer(part, known.gold, body.response_format.json_schema.schema, text);
  const content = JSON.stringify(found);
  const usage = { prompt_tokens: Math.ceil(user.length / 4), completion_tokens: Math.ceil(content.length / 4) };
  return [200, { id: "reader", object: "chat.completion", created: 0, model: body.model, choices: [{ index: 0, message: { role: "assistant", content, refusal: null }, finish_reason: "stop", logprobs: null }], usage: { ...usage, total_tokens: usage.prompt_tokens + usage.completion_tokens } }];
}

const { values } = parseArgs({ options: { dir: { type: "string" } } });
if (values.dir === undefined) {
  console.error("Usage: node test/cases/nested-reader.mjs --dir DIR");
  process.exit(2);
}
const cases = casesOf(values.dir);
const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const [status, body] = request.method === "POST" ? reply(cases, JSON.parse(Buffer.concat(chunks).toString("utf8"))) : [200, { object: "list", data: [...cases.keys()].map((id) => ({ id, object: "model" })) }];
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
});
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}/v1` })));
