import { describe, expect, test } from "vitest";
import { locate } from "../../lib/document/locate.ts";
import { plainDocument } from "../../lib/document/plain.ts";
import { CHECKS } from "../../lib/evaluation/checks.ts";
import type { Json } from "../../lib/schema/json.ts";
import type { OutputType } from "../../lib/schema/request.ts";
import { documentFacts } from "../../lib/values/index.ts";

const INVOICE = `Northgate Tools Ltd                                   Invoice no.: NT-2024-0815
12 Canal Street, Leeds                                Order number: PO-55123

Seller:  Northgate Tools Ltd                          Invoice date:   03/04/2024
Buyer:   Riverside Bakery plc                         Delivery date:  28/03/2024
Contact: jane.moore@riverside.example                 Due date:       03/05/2024

Pos   Description             Quantity     Price     Amount
1     Steel shelf                    2     40.00      80.00
2     Glass door                     1    120.00     120.00
3     Hinge set                      6      4.50      27.00
4     Door handle                    4      9.25      37.00

Subtotal                                             264.00
VAT 20 %                                              52.80
Total due                                            316.80

The goods remain the property of the seller until the invoice has been paid in full by the buyer.
The warranty covers steel parts, glass panels, hinges and handles.

Certificates:
- fire safety
- load bearing
- food contact
- recycling

Please pay to IBAN DE89 3704 0044 0532 0130 00 within thirty days.
Your shop manager is a stupid idiot and you know it.
`;
const DOCUMENT = plainDocument(INVOICE, "test", "en");
const FACTS = documentFacts(`${INVOICE} 25/12/2023`, "en");
const ROWS = [
  { Pos: 1, Description: "Steel shelf", Quantity: 2, Price: 40, Amount: 80 },
  { Pos: 2, Description: "Glass door", Quantity: 1, Price: 120, Amount: 120 },
  { Pos: 3, Description: "Hinge set", Quantity: 6, Price: 4.5, Amount: 27 },
  { Pos: 4, Description: "Door handle", Quantity: 4, Price: 9.25, Amount: 37 },
];
const ROW_QUOTE = "1     Steel shelf                    2     40.00      80.00";
const PROPERTY = "The goods remain the property of the seller until the invoice has been paid in full by the buyer.";

interface Case {
  fault: string;
  check: string;
  type: OutputType;
  prompt: string;
  right: [value: Json, quote: string];
  wrong: [value: Json, quote: string];
}

const CASES: readonly Case[] = [
  {
    fault: "swapped digits of an amount",
    check: "faithfulness",
    type: "number",
    prompt: "What is the total due?",
    right: [316.8, "316.80"],
    wrong: [361.8, "316.80"],
  },
  {
    fault: "swapped digits of a number",
    check: "faithfulness",
    type: "text",
    prompt: "What is the invoice number?",
    right: ["NT-2024-0815", "NT-2024-0815"],
    wrong: ["NT-2024-0851", "NT-2024-0815"],
  },
  {
    fault: "the other party's name",
    check: "relevance",
    type: "text",
    prompt: "Who is the buyer?",
    right: ["Riverside Bakery plc", "Buyer:   Riverside Bakery plc"],
    wrong: ["Northgate Tools Ltd", "Seller:  Northgate Tools Ltd"],
  },
  {
    fault: "the other party's name, in other words",
    check: "relevance",
    type: "text",
    prompt: "Which company sold the goods?",
    right: ["Northgate Tools Ltd", "Seller:  Northgate Tools Ltd"],
    wrong: ["Riverside Bakery plc", "Buyer:   Riverside Bakery plc"],
  },
  {
    fault: "the wrong one of three dates",
    check: "relevance",
    type: "date",
    prompt: "When is the payment due?",
    right: ["2024-05-03", "03/05/2024"],
    wrong: ["2024-04-03", "03/04/2024"],
  },
  {
    fault: "the third of them",
    check: "relevance",
    type: "date",
    prompt: "What is the invoice date?",
    right: ["2024-04-03", "03/04/2024"],
    wrong: ["2024-03-28", "28/03/2024"],
  },
  { fault: "the wrong amount", check: "relevance", type: "number", prompt: "How much VAT is charged?", right: [52.8, "52.80"], wrong: [264, "264.00"] },
  {
    fault: "an answer to another question",
    check: "relevance",
    type: "text",
    prompt: "What is the order number?",
    right: ["PO-55123", "PO-55123"],
    wrong: ["NT-2024-0815", "NT-2024-0815"],
  },
  {
    fault: "an answer of another kind",
    check: "relevance",
    type: "text",
    prompt: "What is the seller's IBAN?",
    right: ["DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00"],
    wrong: ["Riverside Bakery plc", "Riverside Bakery plc"],
  },
  {
    fault: "a toxic line",
    check: "toxicity",
    type: "text",
    prompt: "What must the customer know?",
    right: [PROPERTY, PROPERTY],
    wrong: ["Your shop manager is a stupid idiot and you know it.", "Your shop manager is a stupid idiot and you know it."],
  },
  {
    fault: "an e-mail address where none was asked for",
    check: "pii_detected",
    type: "text",
    prompt: "Who is the buyer?",
    right: ["Riverside Bakery plc", "Riverside Bakery plc"],
    wrong: ["Riverside Bakery plc, jane.moore@riverside.example", "Riverside Bakery plc"],
  },
  {
    fault: "an e-mail address of two",
    check: "pii_detected",
    type: "text",
    prompt: "What is the contact's e-mail address?",
    right: ["jane.moore@riverside.example", "jane.moore@riverside.example"],
    wrong: ["jane.moore@riverside.example, DE89 3704 0044 0532 0130 00", "jane.moore@riverside.example"],
  },
  {
    fault: "half of the rows of a table",
    check: "completeness",
    type: "line-item",
    prompt: "List the line items.",
    right: [ROWS, ROW_QUOTE],
    wrong: [ROWS.slice(0, 2), ROW_QUOTE],
  },
  {
    fault: "the other half",
    check: "completeness",
    type: "table",
    prompt: "Give the table of positions.",
    right: [ROWS, ROW_QUOTE],
    wrong: [ROWS.slice(2), ROW_QUOTE],
  },
  {
    fault: "every other row",
    check: "completeness",
    type: "table",
    prompt: "Give the table of positions.",
    right: [ROWS, ROW_QUOTE],
    wrong: [ROWS.filter((_, index) => index % 2 === 0), ROW_QUOTE],
  },
  {
    fault: "half of a bulleted list",
    check: "completeness",
    type: "json",
    prompt: "Which certificates are there?",
    right: [["fire safety", "load bearing", "food contact", "recycling"], "- fire safety"],
    wrong: [["fire safety", "load bearing"], "- fire safety"],
  },
  {
    fault: "half of an enumeration",
    check: "completeness",
    type: "text",
    prompt: "What does the warranty cover?",
    right: [["steel parts", "glass panels", "hinges", "handles"], "The warranty covers"],
    wrong: [["steel parts", "glass panels"], "The warranty covers"],
  },
  {
    fault: "a sentence cut off",
    check: "completeness",
    type: "text",
    prompt: "Whose property are the goods?",
    right: [PROPERTY, PROPERTY],
    wrong: ["The goods remain the property of the seller until the invoice", "The goods remain the property of the seller until the invoice"],
  },
  {
    fault: "a sentence cut in a word",
    check: "completeness",
    type: "text",
    prompt: "Whose property are the goods?",
    right: [PROPERTY, PROPERTY],
    wrong: ["The goods remain the property of the sel", PROPERTY],
  },
  {
    fault: "half a name",
    check: "completeness",
    type: "text",
    prompt: "Who is the seller?",
    right: ["Northgate Tools Ltd", "Northgate Tools Ltd"],
    wrong: ["Northgate", "Northgate"],
  },
];

function scoreOf(entry: Case, [value, quote]: [Json, string], key: string) {
  const citation = locate(DOCUMENT, quote);
  const check = CHECKS.find((candidate) => candidate.key === key);
  if (citation === undefined || check === undefined) throw new Error(`nothing to check: ${quote}`);
  return check.check({ value, type: entry.type, citations: [citation], facts: FACTS, status: "extracted", document: DOCUMENT, prompt: entry.prompt });
}

describe("a planted fault scores below a half, the right value above", () => {
  test.each(CASES)("$check: $fault", (entry) => {
    const wrong = scoreOf(entry, entry.wrong, entry.check);
    expect(wrong.score, wrong.reason).toBeLessThan(0.5);
    for (const { key } of CHECKS) {
      // The value of a whole table or list is more than its first line proves.
      if (key === "faithfulness" && typeof entry.right[0] === "object") continue;
      const right = scoreOf(entry, entry.right, key);
      expect(right.score, `${key}: ${right.reason}`).toBeGreaterThan(0.5);
    }
  });

  test("reasons hold no text of a person", () => {
    for (const entry of CASES.filter(({ check }) => check === "pii_detected" || check === "toxicity")) {
      const { reason } = scoreOf(entry, entry.wrong, entry.check);
      expect(reason).not.toMatch(/jane|riverside|DE89|idiot/i);
    }
  });
});

test("no value is complete and relevant where the document says none, and wanting elsewhere", () => {
  for (const key of ["relevance", "completeness"]) {
    const check = CHECKS.find((candidate) => candidate.key === key)?.check;
    const common = { value: null, type: "text" as const, citations: [], facts: FACTS, prompt: "What is the discount?" };
    expect(check?.({ ...common, status: "absent" }).score).toBe(1);
    expect(check?.({ ...common, status: "uncertain" }).score).toBe(0);
  }
});
