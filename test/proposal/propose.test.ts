import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { createLocalExtractor } from "../../lib/adapters/llm/local.ts";
import { labelledValues, typeOf } from "../../lib/proposal/labelled.ts";
import { proposePrompts } from "../../lib/proposal/propose.ts";
import { QUESTIONS } from "../../lib/proposal/questions.ts";
import { documentFacts } from "../../lib/values/index.ts";
import { read } from "../document/support/pdf.ts";

const extractor = createLocalExtractor();
const example = async (name: string) => read(await readFile(new URL(`../../examples/${name}/${name}.pdf`, import.meta.url)));
const ofText = (text: string) => read(Buffer.from(text), { fileName: "a.txt" });
const proposed = async (name: string) => Object.fromEntries(proposePrompts(await example(name), extractor).map(({ output, value }) => [output.name, value]));

/** The right answers of an example, for the names that both have. */
async function known(name: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(new URL(`../../examples/${name}/expected.json`, import.meta.url), "utf8"));
}

describe("prompts for the examples", () => {
  test.each([
    ["invoice", ["invoice_number", "invoice_date", "due_date", "seller", "customer", "customer_email", "purchase_order", "subtotal", "total_due"]],
    ["contract", ["agreement_number", "effective_date", "client", "consultant", "monthly_fee", "governing_law"]],
    ["bank-statement", ["account_holder", "account_number", "iban", "statement_date", "period_start", "period_end", "opening_balance", "closing_balance"]],
  ])("%s: common questions, with the right answers", async (name, names) => {
    const values = await proposed(name);
    const right = await known(name);
    expect(Object.fromEntries(names.map((one) => [one, values[one]]))).toEqual(Object.fromEntries(names.map((one) => [one, right[one]])));
  });

  test("line items and transactions, with columns as printed and their types", async () => {
    const [invoice, statement] = await Promise.all(["invoice", "bank-statement"].map(async (name) => proposePrompts(await example(name), extractor)));
    expect(invoice?.at(-1)?.output).toEqual({
      name: "line_items",
      prompt: "List the line items.",
      type: "line-item",
      columns: [
        { name: "Pos.", type: "number" },
        "Description",
        { name: "Quantity", type: "number" },
        { name: "Unit price", type: "number" },
        { name: "Amount", type: "number" },
      ],
    });
    expect(statement?.at(-1)).toMatchObject({
      output: { name: "transactions", columns: [{ name: "Date", type: "date" }, "Description", {}, {}, {}] },
      page: 1,
    });
    expect(statement?.at(-1)?.value).toHaveLength(26);
  });

  test("the same document gets the same prompts", async () => {
    expect(await proposed("invoice")).toEqual(await proposed("invoice"));
  });
});

describe("labels with values", () => {
  test("become prompts where no common question has the value", async () => {
    const document = await ofText("Rig report\n\nDrilling engineer: Ann Example\nSpud date: 3 March 2024\nMud weight: 9.5\nContact: ann@rig.example\n");
    expect(proposePrompts(document, extractor).map(({ output, value }) => [output.name, output.type, value])).toEqual([
      ["drilling_engineer", "text", "Ann Example"],
      ["spud_date", "date", "2024-03-03"],
      ["mud_weight", "number", 9.5],
      ["contact", "email", "ann@rig.example"],
    ]);
  });

  test("are found in a cell and beside one, each once; sentences, times and addresses are none", async () => {
    const document = await ofText(
      "Policy holder: Ann      Region:   North\nPolicy holder: Ben\nWe met at 10:30 in the hall.\nSee https://x.example\nNote that this is a very long sentence which says: nothing\nEmpty:\n",
    );
    expect(labelledValues(document).map(({ label, value }) => [label, value])).toEqual([
      ["Policy holder", "Ann"],
      ["Region", "North"],
    ]);
  });

  test.each([
    ["Invoice date", "3.4.2024", "date"],
    ["Datum", "3. April 2024", "date"],
    ["Total", "€ 1.234,50", "number"],
    ["Weight", "12", "number"],
    ["Rate", "19 %", "number"],
    ["Customer no.", "10577874", "text"],
    ["Kundennummer", "123", "text"],
    ["Phone", "030 1234", "text"],
    ["Code", "00123", "text"],
    ["Mail", "a@b.example", "email"],
    ["Name", "Ann", "text"],
  ])("%s: %s is %s", (label, value, type) => {
    expect(typeOf(label, value, documentFacts(`${label}: ${value}`, "de"))).toBe(type);
  });
});

test("nothing is proposed where nothing is found", async () => {
  expect(proposePrompts(await ofText("It was a dark night, and the rain fell in torrents."), extractor)).toEqual([]);
});

test("names of questions differ within a kind", () => {
  for (const questions of Object.values(QUESTIONS)) expect(new Set(questions.map(({ name }) => name)).size).toBe(questions.length);
});
