import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../repository/files.ts";
import { startModelServer } from "../support/model-server.ts";

const CORPUS = Array.from(
  { length: 40 },
  (_, index) => `Clause ${index} speaks of lot ${index * 7}. It was written on day ${index}. Nobody has changed it since.`,
).join("\n\n");

/** Asks with names and in an order that say nothing of the answers. */
const INVOICE_SPEC = {
  outputs: [
    { name: "grand_total", type: "number", prompt: "What is the total amount due?" },
    { name: "number", type: "text", prompt: "What is the invoice number?" },
  ],
};

/** Everything of a small set but its answers; where those would be, there is something unreadable. */
const FILES: Readonly<Record<string, string | Buffer>> = {
  "fields/invoice/spec.json": JSON.stringify(INVOICE_SPEC),
  "fields/invoice/expected.json": "not to be read",
  "fields/lost/spec.json": JSON.stringify(INVOICE_SPEC),
  "absent/invoice/spec.json": JSON.stringify({
    input: "../../fields/invoice/input.pdf",
    outputs: [{ name: "weight", type: "number", prompt: "What is the maximum take-off weight of the aircraft in kilograms?" }],
  }),
  "text/note/input.txt": "One line.\nAnother.\n",
  "robust/empty/input.pdf": "",
  "robust/note/input.pdf": readFileSync(join(ROOT, "test", "cases", "password-aes256", "input.pdf")),
  "graph/three/spec.json": JSON.stringify({
    outputs: [
      { name: "a", prompt: "read", type: "text" },
      { name: "b", prompt: "use {{a}}", type: "text" },
      { name: "c", prompt: "use {{b}} and {{a}}", type: "text" },
    ],
  }),
  "chunk/clauses/corpus.md": CORPUS,
  "retrieval/small/corpus.jsonl.gz": gzipSync(
    [
      { _id: "x", title: "", text: "The cat sleeps on the mat." },
      { _id: "y", title: "Payment", text: "Invoices are payable within thirty days." },
      { _id: "z", title: "Delivery", text: "Goods are delivered on Mondays." },
    ]
      .map((passage) => JSON.stringify(passage))
      .join("\n"),
  ),
  "retrieval/small/queries.jsonl": '{"_id":"q1","text":"When is an invoice payable?"}\n{"_id":"q2","text":"on which day are goods delivered"}\n',
};

describe("npm run cases", () => {
  let folder = "";

  const run = async (...args: string[]) => {
    const out = join(folder, "predictions.json");
    rmSync(out, { force: true });
    const environment = { PATH: process.env.PATH, HOME: folder };
    const { status, stderr } = await new Promise<{ status: unknown; stderr: string }>((resolve) => {
      execFile(process.execPath, [join(ROOT, "scripts", "cases.mjs"), ...args, "--out", out], { env: environment }, (error, _, text) =>
        resolve({ status: error === null ? 0 : error.code, stderr: text }),
      );
    });
    return { status, stderr, predictions: existsSync(out) ? JSON.parse(readFileSync(out, "utf8")) : undefined };
  };
  const family = (name: string, ...more: string[]) => run("--dir", join(folder, "set"), "--family", name, ...more);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "prompt studio cases ü "));
    for (const [name, content] of Object.entries(FILES)) {
      mkdirSync(dirname(join(folder, "set", name)), { recursive: true });
      writeFileSync(join(folder, "set", name), content);
    }
    cpSync(join(ROOT, "examples", "invoice", "invoice.pdf"), join(folder, "set", "fields", "invoice", "input.pdf"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("answers fields with grades under the case's own names, and counts a case that fails", async () => {
    const { status, stderr, predictions } = await family("fields,absent");
    expect(stderr).toContain("fields/lost: there is no input file");
    expect(stderr).toMatch(/fields: 2 cases in [\d.]+ s, 1 failed/);
    expect(predictions["fields/invoice"].grand_total).toEqual({ value: 2132.34, grade: expect.any(String) });
    expect(predictions["absent/invoice"]).toEqual({ weight: null });
    expect(status).toBe(0);
  });

  it("asks in the other words of a file", async () => {
    const paraphrases = join(folder, "paraphrases.json");
    writeFileSync(paraphrases, JSON.stringify({ "What is the total amount due?": ["Invoice number", "Amount due"] }));
    const total = async (which: string) =>
      (await family("fields", "--only", "inv", "--paraphrase", which, "--paraphrases", paraphrases)).predictions["fields/invoice"].grand_total;
    expect((await total("A"))?.value).not.toBe(2132.34);
    expect((await total("B"))?.value).toBe(2132.34);
  });

  it("finds passages by each of several strategies, and compares with BM25 only when asked to", async () => {
    const fileOf = (strategy: string) => join(folder, `predictions.${strategy}.json`);
    const several = ["--strategy", "subquestion,keyword_table"];
    expect((await family("retrieval", ...several)).status).toBe(0);
    for (const strategy of ["subquestion", "keyword_table"]) expect(JSON.parse(readFileSync(fileOf(strategy), "utf8"))["retrieval/small"].q1[0]).toBe("y");
    const answers = join(folder, "set", "retrieval", "small", "qrels.tsv");
    writeFileSync(answers, "query-id\tcorpus-id\tscore\nq1\ty\t1\nq2\tx\t1\n");
    const { stderr, status } = await family("retrieval", ...several, "--compare");
    rmSync(answers);
    expect(status).toBe(0);
    expect(stderr).toMatch(/\| keyword_table \| all queries \| 2 \| 0\.\d{4} \| 0\.\d{4} \| \d\.\d{4} \|/);
    expect((await family("retrieval", "--strategy", "best")).stderr).toContain("there is no strategy best, but simple, subquestion");
  });

  it("asks the model server that is given, the model being the case", async () => {
    const server = await startModelServer({ answer: { "What is the total amount due?": /Total due\s+\S*?([\d,.]+)/i, "What is the invoice number?": null } });
    try {
      const { predictions, stderr } = await family("fields", "--only", "inv", "--reader", server.url);
      expect(predictions["fields/invoice"]).toMatchObject({ grand_total: { value: 2132.34 }, number: null });
      expect(new Set(server.requests.map(({ model }) => model))).toEqual(new Set(["fields/invoice"]));
      expect(server.requests.every(({ user }) => !user.includes("grand_total"))).toBe(true);
      expect(stderr).toMatch(/\d+ tokens in and \d+ out a document/);
    } finally {
      await server.close();
    }
  });

  it("answers the families that need no model", async () => {
    const { status, predictions } = await family("text,robust,graph,retrieval");
    expect(status).toBe(0);
    expect(predictions["text/note"]).toContain("Another.");
    expect(predictions["robust/empty"]).toMatchObject({ outcome: "empty" });
    expect(predictions["robust/note"]).toMatchObject({ outcome: "password", ms: expect.any(Number) });
    expect(predictions["graph/three"]).toEqual({
      edges: expect.arrayContaining([
        ["a", "b"],
        ["a", "c"],
        ["b", "c"],
      ]),
      levels: [["a"], ["b"], ["c"]],
      cycle: false,
    });
    expect(predictions["retrieval/small"].q1[0]).toBe("y");
    expect(predictions["retrieval/small"].q2[0]).toBe("z");
  });

  it("cuts at the mean length asked for, with offsets into the corpus", async () => {
    const { predictions } = await family("chunk", "--chunk-size", "350");
    const chunks: [number, number][] = predictions["chunk/clauses"].chunks;
    const mean = chunks.reduce((sum, [start, end]) => sum + end - start, 0) / chunks.length;
    expect(Math.abs(mean - 350)).toBeLessThan(70);
    for (const [start, end] of chunks) expect(CORPUS.slice(start, end)).toMatch(/^Clause .* since\.$/s);
  });

  it("fails where a family has no cases, and says how it is used where something is missing", async () => {
    const none = await family("graph", "--only", "nothing");
    expect(none.status).toBe(1);
    expect(none.stderr).toContain("graph: no cases");
    const usage = await run("--family", "graph");
    expect(usage.status).toBe(2);
    expect(usage.stderr).toMatch(/--dir, --family and --out are needed[\s\S]*Such sets are made from public ones/);
    expect((await family("nonsense")).stderr).toContain("there is no family nonsense");
  });
});
