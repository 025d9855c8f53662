/** Runs with a schema or columns: nested values that are valid against it, each with its place, with and without a model. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openStudio } from "../../inngest.config.ts";
import type { Studio } from "../../lib/client.ts";
import type { Json } from "../../lib/schema/json.ts";
import type { RequestInput } from "../../lib/schema/request.ts";
import { type ModelServer, startModelServer } from "../support/model-server.ts";

const TEXT = `Invoice number: A-77
Currency: EUR

Description        Quantity    Unit price     Amount
Blue lamp                 2         60.00     120.00
Red chair                 1         80.50      80.50

Total due: 200.50
`;
const schema = {
  type: "object",
  required: ["number", "total"],
  properties: {
    number: { type: "string", description: "The invoice number" },
    total: { type: "number", description: "The total due" },
    currency: { enum: ["EUR", "USD"] },
    discount: { type: ["number", "null"], description: "The discount" },
    lines: {
      type: "array",
      items: {
        type: "object",
        required: ["description"],
        properties: { description: { type: "string" }, quantity: { type: "integer" }, amount: { type: "number" } },
      },
    },
  },
};
const LINES = [
  { description: "Blue lamp", quantity: 2, amount: 120 },
  { description: "Red chair", quantity: 1, amount: 80.5 },
];

let folder: string;
let open: { close(): Promise<void> }[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "schema-"));
  open = [];
});
afterEach(async () => {
  for (const one of open) await one.close();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

async function resultOf(llm: string, outputs: RequestInput["outputs"], text = TEXT) {
  const studio: Studio = await openStudio({ llm, storeLocation: folder, interactive: true });
  open.unshift(studio);
  const { runId } = await studio.submit({ document: Buffer.from(text), fileName: "note.txt", request: { outputs } });
  const [view] = await studio.work([runId]);
  expect(view?.status).not.toBe("failed");
  return studio.result(runId);
}

/** A model that answers each question by what stands in it. */
async function startModel(answers: Readonly<Record<string, { value: Json; quote: string }>>): Promise<ModelServer> {
  const model = await startModelServer({
    answer({ user }) {
      const found = Object.entries(answers).find(([question]) => user.includes(`Question: ${question}`))?.[1];
      return JSON.stringify({ reasoning: "read", found: found !== undefined, quote: found?.quote ?? "", value: found?.value ?? null });
    },
  });
  vi.stubEnv("OPENAI_API_KEY", "not-a-key");
  vi.stubEnv("OPENAI_BASE_URL", model.url);
  open.push(model);
  return model;
}

describe("a schema", () => {
  it("is filled without a model, every value with its place", async () => {
    const { outputs, status } = await resultOf("local", [{ name: "invoice", prompt: "The invoice.", schema }]);
    expect(outputs.invoice?.value).toEqual({ number: "A-77", total: 200.5, currency: "EUR", discount: null, lines: LINES });
    expect(status).toBe("completed");
    expect(outputs.invoice).toMatchObject({ type: "json", status: "extracted" });
    const leaves = Object.entries(outputs.invoice?.leaves ?? {}).filter(([, { value }]) => value !== null);
    expect(leaves.map(([pointer, { citations }]) => [pointer, citations[0]?.quote])).toEqual(
      expect.arrayContaining([
        ["/total", "200.50"],
        ["/lines/0/quantity", "2"],
        ["/lines/1/amount", "80.50"],
      ]),
    );
    expect(leaves.every(([, { citations, status: of }]) => citations.length > 0 && of === "extracted")).toBe(true);
  });

  it("takes the table that has the schema's types, where several have its names", async () => {
    const head = "Description        Quantity     Unit price     Amount";
    const terms = `${head}\nFreight            by weight    on request     as agreed\nPacking            as needed    none           included\nInsurance          yearly       in advance     by mail\n\nOrdered:\n\n`;
    const { outputs } = await resultOf("local", [{ name: "invoice", prompt: "The invoice.", schema }], terms + TEXT);
    expect(outputs.invoice?.value).toMatchObject({ lines: LINES });
  });

  it("doesn't make rows of what has rows of its own without a model", async () => {
    const groups = {
      type: "array",
      items: { type: "object", properties: { description: { type: "string" }, amount: { type: "number" }, lines: schema.properties.lines } },
    };
    const { outputs } = await resultOf("local", [{ name: "groups", prompt: "The groups.", schema: groups }]);
    expect(outputs.groups).toMatchObject({ status: "absent", reasoning: expect.stringContaining("only a language model") });
  });

  it("is asked of a model part by part, and what can't be proven is uncertain", async () => {
    const model = await startModel({
      "number: ": { value: "A-77", quote: "Invoice number: A-77" },
      "total: ": { value: "200.50", quote: "Total due: 200.50" },
      currency: { value: "EUR", quote: "Currency: EUR" },
      lines: {
        value: [
          { description: "Blue lamp", quantity: "2", amount: "120.00" },
          { description: "Green sofa", quantity: "1", amount: "999.00" },
        ],
        quote: "Blue lamp",
      },
    });
    const { outputs, issues } = await resultOf("openai:gpt-4.1-mini", [{ name: "invoice", prompt: "The invoice.", schema }]);
    expect(outputs.invoice?.value).toMatchObject({ number: "A-77", total: 200.5, lines: [{ description: "Blue lamp" }, { description: "Green sofa" }] });
    expect(outputs.invoice?.status).toBe("uncertain");
    expect(outputs.invoice?.leaves?.["/lines/0/amount"]?.status).toBe("extracted");
    expect(outputs.invoice?.leaves?.["/lines/1/amount"]).toMatchObject({ status: "uncertain", citations: [] });
    expect(issues.map(({ code }) => code)).toEqual(["uncertain"]);
    expect(model.requests).toHaveLength(5);
    expect(model.requests.every(({ user }) => user.includes("The question is one part of this: The invoice."))).toBe(true);
  });

  it("says what is missing where the schema needs it", async () => {
    await startModel({ "number: ": { value: "A-77", quote: "Invoice number: A-77" } });
    const { outputs, issues, status } = await resultOf("openai:gpt-4.1-mini", [{ name: "invoice", prompt: "The invoice.", schema }]);
    expect(outputs.invoice?.value).toEqual({ number: "A-77", total: null, discount: null });
    expect(status).toBe("completed_with_issues");
    expect(issues).toMatchObject([{ code: "schema_mismatch", output: "invoice", message: expect.stringContaining("/total must be number") }]);
  });

  it("can be what another output asks about", async () => {
    const model = await startModel({ "number: ": { value: "A-77", quote: "Invoice number: A-77" } });
    const parts = { type: "object", properties: { number: { type: "string", description: "The invoice number" } } };
    await resultOf("openai:gpt-4.1-mini", [
      { name: "invoice", prompt: "The invoice.", schema: parts },
      { name: "again", prompt: "Is {{invoice}} paid?" },
    ]);
    expect(model.requests.at(-1)?.user).toContain('Question: Is {"number":"A-77"} paid?');
  });
});

describe("columns", () => {
  it("give rows exactly these keys, typed", async () => {
    const columns = ["description", { name: "amount", type: "number" as const }];
    const { outputs } = await resultOf("local", [{ name: "items", prompt: "The line items", type: "line-item", columns }]);
    expect(outputs.items?.value).toEqual([
      { description: "Blue lamp", amount: 120 },
      { description: "Red chair", amount: 80.5 },
    ]);
    expect(outputs.items).toMatchObject({ type: "line-item", status: "extracted" });
  });
});
