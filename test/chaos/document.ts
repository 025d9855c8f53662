/** A report of 40 pages with twelve facts spread over it, and the twelve prompts that ask for them: two chains of {{variables}} among them. */
import PDFDocument from "pdfkit";
import type { ScriptedAnswers } from "../support/model-server.ts";

const PAGES = 40;

interface Fact {
  name: string;
  type: "text" | "number" | "date";
  prompt: string;
  page: number;
  line: string;
  answer: RegExp | null;
}

/** The label and value of each fact stand on one line of its page; the last is nowhere. */
export const FACTS: readonly Fact[] = [
  { name: "report_number", type: "text", prompt: "What is the report number?", page: 1, line: "Report number: RN-4711", answer: /Report number: (RN-\d+)/ },
  {
    name: "inspection_date",
    type: "date",
    prompt: "What is the inspection date?",
    page: 2,
    line: "Inspection date: 17 March 2025",
    answer: /Inspection date: (\d+ \w+ \d{4})/,
  },
  {
    name: "inspector",
    type: "text",
    prompt: "Who is the lead inspector?",
    page: 5,
    line: "Lead inspector: Petra Lindqvist",
    answer: /Lead inspector: (\w+ \w+)/,
  },
  { name: "site_area", type: "number", prompt: "What is the site area?", page: 9, line: "Site area: 12,450", answer: /Site area: ([\d,]+)/ },
  {
    name: "boiler_pressure",
    type: "number",
    prompt: "What is the boiler pressure in {{report_number}}?",
    page: 13,
    line: "Boiler pressure: 7.25",
    answer: /Boiler pressure: ([\d.]+)/,
  },
  {
    name: "roof_material",
    type: "text",
    prompt: "What is the roof material?",
    page: 17,
    line: "Roof material: Zinc sheet",
    answer: /Roof material: (\w+ \w+)/,
  },
  {
    name: "next_visit",
    type: "date",
    prompt: "What is the next visit date after {{inspection_date}}?",
    page: 21,
    line: "Next visit date: 2 September 2025",
    answer: /Next visit date: (\d+ \w+ \d{4})/,
  },
  { name: "permit_number", type: "text", prompt: "What is the permit number?", page: 25, line: "Permit number: PM-90210", answer: /Permit number: (PM-\d+)/ },
  {
    name: "repair_budget",
    type: "number",
    prompt: "What is the repair budget under permit {{permit_number}}?",
    page: 29,
    line: "Repair budget: 88,300.50",
    answer: /Repair budget: ([\d,.]+\d)/,
  },
  {
    name: "owner",
    type: "text",
    prompt: "Who is the building owner?",
    page: 33,
    line: "Building owner: Halvorsen Estates Ltd",
    answer: /Building owner: (\w+ \w+ \w+)/,
  },
  {
    name: "tenants",
    type: "number",
    prompt: "What is the tenant count of the {{owner}} building?",
    page: 37,
    line: "Tenant count: 64",
    answer: /Tenant count: (\d+)/,
  },
  { name: "swimming_pool", type: "number", prompt: "What is the swimming pool depth?", page: 0, line: "", answer: null },
];

/** The prompts as a request. */
export const REQUEST = { outputs: FACTS.map(({ name, type, prompt }) => ({ name, type, prompt })) };

/** The scripted model's answers; a prompt with a variable is known by its words before the variable. */
export const ANSWERS: ScriptedAnswers = Object.fromEntries(FACTS.map(({ prompt, answer }) => [prompt.split("{{")[0]?.trim() ?? prompt, answer]));

/** The document as PDF bytes; the same on every call. */
export function makeReport(): Promise<Buffer> {
  const pdf = new PDFDocument({ size: "A4", margin: 56, info: { CreationDate: new Date(0) } });
  const parts: Buffer[] = [];
  pdf.on("data", (part: Buffer) => parts.push(part));
  const finished = new Promise<Buffer>((resolve) => pdf.on("end", () => resolve(Buffer.concat(parts))));
  for (let page = 1; page <= PAGES; page++) {
    if (page > 1) pdf.addPage();
    pdf.fontSize(16).text(`Section ${page}: general observations`).moveDown();
    pdf.fontSize(10);
    for (let paragraph = 1; paragraph <= 6; paragraph++) {
      pdf.text(
        `Paragraph ${page}.${paragraph} describes the condition of part ${page * 10 + paragraph} of the building. The surfaces were clean and dry, and no further action was agreed with the people present.`,
      );
      pdf.moveDown(0.5);
    }
    for (const { line } of FACTS.filter((fact) => fact.page === page)) pdf.text(line).moveDown();
  }
  pdf.end();
  return finished;
}
