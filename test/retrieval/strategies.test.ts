import { describe, expect, test } from "vitest";
import { findPlaces } from "../../lib/retrieval/strategies.ts";
import { RETRIEVAL_STRATEGIES } from "../../lib/schema/request.ts";
import { searchOf, type TestSearch } from "./search.ts";

const LEASE = [
  "The lease begins on 1 March 2021.\n\nThe landlord is Acme Property Ltd of Leeds.",
  "The monthly rent is 1,250 pounds.\n\nRent is paid on the first day of each month.",
  "The deposit is 2,500 pounds.\n\nPets need the written consent of the landlord.",
];

/** The texts of the hits, best first. */
async function texts(name: (typeof RETRIEVAL_STRATEGIES)[number], search: TestSearch, question: string): Promise<string[]> {
  const { hits } = await findPlaces(name, search, question);
  return hits.map((hit) => search.textOf(hit));
}

describe("every strategy", () => {
  for (const name of RETRIEVAL_STRATEGIES) {
    describe(name, () => {
      test("gives ranked hits with pages, ranges inside the document, scores from 0 to 1 and reasons, at most top-k", async () => {
        const search = await searchOf(LEASE, { size: 12 });
        const { hits, how } = await findPlaces(name, search, "What is the deposit, and who is the landlord?");
        expect(hits.length).toBeGreaterThan(0);
        expect(hits.length).toBeLessThanOrEqual(3);
        expect(how).not.toBe("");
        for (const { chunks, range, pages, score, reason } of hits) {
          const [first, last] = [Math.min(...chunks), Math.max(...chunks)];
          expect(range).toEqual([search.index.chunks[first]?.start, search.index.chunks[last]?.end]);
          expect(pages).toEqual([search.index.chunks[first]?.pages[0], search.index.chunks[last]?.pages[1]]);
          expect(score).toBeGreaterThan(0);
          expect(score).toBeLessThanOrEqual(1);
          expect(reason).not.toBe("");
        }
      });

      test("finds the same again", async () => {
        const [one, other] = await Promise.all([searchOf(LEASE, { size: 12 }), searchOf(LEASE, { size: 12 })]);
        const question = "rent and deposit of the landlord";
        expect(await findPlaces(name, one, question)).toEqual(await findPlaces(name, other, question));
      });

      test("gives the beginning where nothing matches, the only chunk where there is one, and nothing of nothing", async () => {
        const search = await searchOf(LEASE, { size: 12, topK: 2 });
        const { hits } = await findPlaces(name, search, "zebra");
        expect(hits.map(({ chunks, score }) => [chunks, score])).toEqual([
          [[0], 0],
          [[1], 0],
        ]);
        const whole = await searchOf(LEASE, { size: 0 });
        expect(await findPlaces(name, whole, "zebra")).toMatchObject({ hits: [{ chunks: [0], range: [0, whole.document.reading.text.length], score: 1 }] });
        expect(whole.embedded).toEqual([]);
        expect((await findPlaces(name, await searchOf([""]), "rent")).hits).toEqual([]);
      });

      test("survives hostile questions", async () => {
        const search = await searchOf(LEASE, { size: 12 });
        const hostile = [
          "",
          " \n\t ",
          "?".repeat(5_000),
          "and ".repeat(5_000),
          "A".repeat(50_000),
          `${"Section 1.1.1.1.1.1, ".repeat(3_000)}`,
          '"'.repeat(4_001),
          "\u0000\ud800 __proto__ constructor toString",
          "$& \\1 [(*+",
          "漢字".repeat(500),
        ];
        for (const question of hostile) expect((await findPlaces(name, search, question)).hits.length).toBeGreaterThan(0);
      });

      test.each([
        ["HTML", "<html><body>502 Bad Gateway</body></html>"],
        ["nothing", undefined],
        ["null", null],
        ["a list", ["rent", "deposit"]],
        ["the wrong keys", { questions: ["rent"], route: "simple" }],
        ["the wrong kinds", { texts: [1, null, {}, [], "", " ", "…", "<b>rent</b>", "x".repeat(5_000)], choice: 7, reason: {} }],
        ["an unknown choice", { choice: "__proto__", reason: "best", texts: "rent" }],
      ])("goes by rules when a model answers %s", async (_, answer) => {
        const question = "What is the deposit, and who is the landlord?";
        const ruled = await findPlaces(name, await searchOf(LEASE, { size: 12 }), question);
        expect(await findPlaces(name, await searchOf(LEASE, { size: 12, ask: () => answer }), question)).toEqual(ruled);
      });

      test("takes no more from a model than it asked for", async () => {
        const many = { texts: Array.from({ length: 2_000 }, (_, index) => `deposit number ${index}`), choice: "subquestion", reason: "r".repeat(10_000) };
        const search = await searchOf(LEASE, { size: 12, ask: () => many });
        const { how } = await findPlaces(name, search, "What is the deposit?");
        expect(search.embedded.length).toBeLessThanOrEqual(8);
        expect(how.length).toBeLessThan(2_000);
      });
    });
  }
});

describe("simple", () => {
  test("the chunk that shares the rare words comes first, and says so", async () => {
    const search = await searchOf(LEASE, { quality: 0 });
    const { hits } = await findPlaces("simple", search, "What is the deposit?");
    expect(search.textOf(hits[0] ?? { range: [0, 0] })).toContain("deposit is 2,500");
    expect(hits[0]).toMatchObject({ score: 1, reason: expect.stringMatching(/^words \d+\.\d\d \(deposit\)$/) });
  });

  test("what a chunk's first line says counts twice", async () => {
    const search = await searchOf(["Some clause\nThe deposit is paid at once.", "The deposit\nSome clause is paid at once.", "Rent\nNothing is said of it."], {
      size: 12,
      quality: 0,
    });
    expect((await texts("simple", search, "deposit"))[0]).toContain("The deposit\nSome");
  });

  test("words that stand together count more than words far apart", async () => {
    const far = "Interest is owed by the tenant in any year where the annual rate set by the bank is late.";
    const near = "The tenant owes late interest in any year where the bank sets by itself the annual rate.";
    const search = await searchOf([far, near, "Something else is said here."], { byPage: true, quality: 0 });
    expect((await texts("simple", search, "late interest"))[0]).toBe(near);
  });

  test("vectors count by the embedding's quality", async () => {
    const search = await searchOf(LEASE, { size: 12 });
    const other = { ...search, nearest: async () => [[{ chunk: 0, score: 0.8 }]] };
    const chunks = async (quality: number, question: string) => (await findPlaces("simple", { ...other, quality }, question)).hits.map((hit) => hit.chunks[0]);
    expect(await chunks(0, "deposit")).not.toContain(0);
    expect((await chunks(0.5, "deposit")).indexOf(0)).toBe(1);
    expect(await chunks(0.5, "zebra")).toEqual([0]);
  });
});

describe("subquestion", () => {
  const COMPANIES = [
    ...["Alpha", "Beta", "Gamma", "Delta"].map(
      (part) => `Rainfall report ${part}. The rainfall and the revenue of the year were compared with rainfall and revenue before.`,
    ),
    "Norwich Mills\nThe mill was founded by its workers and sells flour.",
    "Exeter Foundry\nThe foundry casts bells for churches of the county.",
  ];

  test("covers each thing that is named, which one search does not", async () => {
    const search = await searchOf(COMPANIES, { size: 30, topK: 3 });
    const question =
      "Did Norwich Mills or Exeter Foundry have the higher revenue in years of rainfall, compared with the revenue before, and what of rainfall?";
    const found = (await texts("subquestion", search, question)).join("\n");
    expect(found).toContain("founded by its workers");
    expect(found).toContain("casts bells");
    const { how } = await findPlaces("subquestion", search, question);
    expect(how).toContain('"Norwich Mills"');
  });

  test("follows a name that the best passage brings up to the passage that it heads", async () => {
    const pages = [
      "Bridge of Tay\nThe bridge was designed by Edith Larkin after the old one fell.",
      "Edith Larkin\nHer home was in Dundee.",
      ...["Forth", "Clyde", "Severn", "Humber"].map(
        (river) => `Bridge of ${river}\nThe bridge was designed after the old one fell. Its designer is unknown, and where that person lived.`,
      ),
    ];
    const search = await searchOf(pages, { byPage: true });
    const question = "Where did the designer of the Bridge of Tay live?";
    expect((await texts("subquestion", search, question)).join("\n")).toContain("Her home was in Dundee");
    expect((await texts("simple", search, question)).join("\n")).not.toContain("Her home was in Dundee");
  });

  test("asks a model for the parts, and searches those", async () => {
    const asked: string[] = [];
    const search = await searchOf(LEASE, {
      size: 12,
      ask: (purpose, instruction) => {
        asked.push(`${purpose}: ${instruction}`);
        return { texts: ["What about animals such as pets?", "When does the lease begin?"] };
      },
    });
    const found = await texts("subquestion", search, "May I move in with my dog, and when?");
    expect(found.join("\n")).toContain("Pets need");
    expect(found.join("\n")).toContain("begins on 1 March");
    expect(asked).toHaveLength(1);
    expect(asked[0]).toContain("May I move in with my dog");
  });
});

describe("fusion", () => {
  test("finds by a model's phrasing what the question's own words don't", async () => {
    const question = "How much money is held back in case of damage?";
    const search = await searchOf(LEASE, { size: 12, topK: 2 });
    expect((await texts("fusion", search, question)).join("\n")).not.toContain("deposit is 2,500");
    const asking = await searchOf(LEASE, { size: 12, topK: 2, ask: () => ({ texts: ["The deposit is so many pounds", "security deposit"] }) });
    expect((await texts("fusion", asking, question))[0]).toContain("deposit is 2,500");
  });

  test("without a model, the words of what it found bring in what shares those", async () => {
    const pages = [
      "Termination means notice of three months.",
      "Notice of three months is sent by registered letter.",
      "The garden is kept by the tenant.",
      "Heating is paid by the tenant.",
    ];
    const search = await searchOf(pages, { size: 12 });
    const question = "What does termination mean?";
    expect(await texts("simple", search, question)).toHaveLength(1);
    const { hits, how } = await findPlaces("fusion", search, question);
    expect(hits.map((hit) => search.textOf(hit))).toContain("Notice of three months is sent by registered letter.");
    expect(how).toContain("with words of what it found");
  });
});

const CONTRACT = [
  "1. Definitions\nGoods means the machines in Exhibit B.\n\n2. Delivery\nThe Supplier delivers within ten weeks.\n\n2.1 Place\nDelivery is made to the works in Hull.",
  "3. Payment\nInvoices are paid within thirty days, except as Section 7.2 says.\n\n3.1 Currency\nAll sums are in pounds.",
  "7. Disputes\n\n7.1 Courts\nThe courts of England decide.\n\n7.2 Withholding\nA contested part may be kept until an expert has reported.",
  "EXHIBIT B\n\n1. Lathe\nTwo lathes of type K9.\n\n2. Press\nOne press of forty tonnes.",
];

describe("recursive", () => {
  test("a section that the found one refers to follows it", async () => {
    const search = await searchOf(CONTRACT, { size: 16 });
    const question = "When must invoices be paid?";
    const { hits, how } = await findPlaces("recursive", search, question);
    expect(search.textOf(hits[0] ?? { range: [0, 0] })).toContain("within thirty days");
    expect(search.textOf(hits[1] ?? { range: [0, 0] })).toContain("contested part");
    expect(hits[1]?.reason).toBe('referred to as "Section 7.2" by the hit before; "7.2 Withholding"');
    expect(how).toContain("1 of the sections");
    expect((await texts("simple", search, question)).join("\n")).not.toContain("contested part");
  });

  test("a section that the question names comes first, with all that is below it", async () => {
    const search = await searchOf(CONTRACT, { size: 16 });
    const [first] = await texts("recursive", search, "What does Exhibit B hold?");
    expect(first).toContain("type K9");
    expect(first).toContain("forty tonnes");
    expect((await findPlaces("recursive", search, "Read article II")).hits[0]?.reason).toBe("the question names article II");
  });

  test("sections that refer to each other end", async () => {
    const circle = ["1. One\nOne is as Section 2 says.", "2. Two\nTwo is as Section 1 says.", "3. Three\nThree is as Section 3 says."];
    const { hits } = await findPlaces("recursive", await searchOf(circle, { size: 12, topK: 10 }), "What is one?");
    expect(new Set(hits.flatMap(({ chunks }) => chunks)).size).toBe(3);
  });
});

describe("automerging", () => {
  const PAGES = [
    "Warranty covers parts. Warranty covers labour. Warranty covers travel. Claims are made in writing.",
    "The rent is due monthly. The garden is shared. The cellar is dry. One warranty is enough.",
  ];

  test("neighbours that are found together become one, the others stay small", async () => {
    const search = await searchOf(PAGES, { size: 6, topK: 2 });
    const { hits, how } = await findPlaces("automerging", search, "What does the warranty cover?");
    expect(search.textOf(hits[0] ?? { range: [0, 0] })).toBe(PAGES[0]);
    expect(hits[0]?.reason).toMatch(/^3 of 4 neighbours found, so all of them/);
    expect(search.textOf(hits[1] ?? { range: [0, 0] })).toBe("One warranty is enough.");
    expect(how).toContain("1 merged");
    expect((await texts("simple", search, "What does the warranty cover?"))[0]).not.toBe(PAGES[0]);
  });
});

describe("keyword_table", () => {
  test("asks neither for vectors nor a model", async () => {
    const search = await searchOf(LEASE, { size: 12, ask: () => expect.unreachable() });
    const { hits } = await findPlaces("keyword_table", search, "deposit pounds zebra");
    expect(search.embedded).toEqual([]);
    expect(hits[0]?.reason).toBe("2 of 3 keywords (deposit, pound)");
  });

  test("having more of the keywords counts more than repeating one", async () => {
    const pages = ["deposit deposit deposit deposit deposit deposit", "A deposit and a key are given to a porter.", "Nothing to see here."];
    const search = await searchOf(pages, { byPage: true, quality: 0 });
    expect((await texts("keyword_table", search, "deposit porter"))[0]).toBe(pages[1]);
  });
});

describe("router", () => {
  test.each([
    ["What does Section 7.2 say?", "recursive, as the question names Section 7.2"],
    ['Where is "keep until" written?', "keyword_table, as the question quotes words"],
    ["Which machine is INV-2024/17?", "keyword_table, as the question has an identifier"],
    ["List all machines", "automerging, as the question wants a whole passage"],
    ["Where is delivery made, and which courts decide?", "subquestion, as the question has several parts"],
    ["Wherefore zounds methinks payment?", "fusion, as the document has only 1 of the question's 4 words"],
    ["press tonnes", "keyword_table, as the question is bare keywords"],
    ["When are invoices paid?", "simple, as the question asks for one thing"],
  ])("%s", async (question, start) => {
    const { how } = await findPlaces("router", await searchOf(CONTRACT, { size: 16 }), question);
    expect(how.startsWith(start), how).toBe(true);
  });

  test("a model's choice counts, with its reason", async () => {
    const ask = (purpose: string) => (purpose === "router" ? { choice: "keyword_table", reason: "It is a code." } : undefined);
    const search = await searchOf(CONTRACT, { size: 16, ask });
    const { how, hits } = await findPlaces("router", search, "When are invoices paid?");
    expect(how).toMatch(/^keyword_table, as It is a code\./);
    expect(hits).toEqual((await findPlaces("keyword_table", search, "When are invoices paid?")).hits);
  });
});
