import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildDigraph, itemGraphOf } from "../../lib/agents/digraph.ts";

interface Given {
  sequence?: number;
  active?: boolean;
  promptx?: string;
}

const output = (name: string, prompt: string, { sequence, active, promptx }: Given = {}) => ({ name, prompt, promptx, active, sequence_number: sequence });

describe("buildDigraph", () => {
  test("waves by dependencies, each in sequence order", () => {
    const digraph = buildDigraph([
      output("sum", "Add {{ net }} and {{vat}}, then {{net}} again", { sequence: 1 }),
      output("vat", "VAT", { sequence: 3 }),
      output("net", "Net", { sequence: 2 }),
      output("alone", "Something else", { sequence: 9 }),
    ]);
    expect(digraph).toEqual({
      nodes: ["sum", "vat", "net", "alone"],
      order: ["net", "vat", "alone", "sum"],
      waves: [["net", "vat", "alone"], ["sum"]],
      edges: [
        ["net", "sum"],
        ["vat", "sum"],
      ],
      droppedEdges: [],
      cycles: [],
      warnings: [],
    });
    expect(itemGraphOf(digraph)).toEqual({
      count: 4,
      edges: [
        [2, 0],
        [1, 0],
      ],
      labels: ["sum", "vat", "net", "alone"],
    });
  });

  test("promptx counts instead of prompt", () => {
    expect(buildDigraph([output("a", "x"), output("b", "{{a}}", { promptx: "no reference" })]).edges).toEqual([]);
  });

  test("inactive outputs are dropped, and who needs one is told", () => {
    const digraph = buildDigraph([output("a", "x", { active: false }), output("b", "{{a}}")]);
    expect(digraph.nodes).toEqual(["b"]);
    expect(digraph.edges).toEqual([]);
    expect(digraph.warnings).toMatchObject([{ code: "inactive_variable", output: "b" }]);
  });

  test("a cycle is named by its members and broken by sequence number; what hangs on it waits", () => {
    const digraph = buildDigraph([
      output("late", "{{early}} {{middle}}", { sequence: 3 }),
      output("early", "{{late}} {{source}}", { sequence: 1 }),
      output("middle", "{{early}}", { sequence: 2 }),
      output("source", "x", { sequence: 8 }),
      output("after", "{{late}}", { sequence: 0 }),
    ]);
    expect(digraph.cycles).toEqual([["early", "middle", "late"]]);
    expect(digraph.droppedEdges).toEqual([["late", "early"]]);
    expect(digraph.order).toEqual(["source", "early", "middle", "late", "after"]);
    expect(digraph.warnings).toMatchObject([{ code: "cycle", output: "early", message: expect.stringContaining('"early", "middle", "late"') }]);
  });

  test("without sequence numbers the list's order breaks a cycle", () => {
    const digraph = buildDigraph([output("a", "{{b}}"), output("b", "{{c}}"), output("c", "{{a}}")]);
    expect(digraph.cycles).toEqual([["a", "b", "c"]]);
    expect(digraph.edges).toEqual([["a", "c"]]);
    expect(digraph.order).toEqual(["a", "b", "c"]);
  });

  test("references to oneself and to nothing warn; a name that differs by case is suggested", () => {
    const digraph = buildDigraph([output("Total", "x"), output("b", "{{b}} {{total}} {{\u001b[31mred}}")]);
    expect(digraph.edges).toEqual([]);
    expect(digraph.warnings.map(({ code }) => code)).toEqual(["self_reference", "unknown_variable", "unknown_variable"]);
    expect(digraph.warnings[1]?.message).toContain("did you mean {{ Total }}?");
    expect(digraph.warnings[2]?.message).not.toContain("\u001b");
  });

  test("names that mean something to JavaScript are names", () => {
    const digraph = buildDigraph([
      output("__proto__", "x"),
      output("constructor", "{{__proto__}} {{toString}}"),
      output(" padded ", "{{constructor}}"),
      output("d", "{{ padded }}"),
    ]);
    expect(digraph.edges).toEqual([
      ["__proto__", "constructor"],
      ["constructor", " padded "],
      [" padded ", "d"],
    ]);
    expect(digraph.warnings.map(({ code }) => code)).toEqual(["unknown_variable"]);
  });

  test("labels are cut for engines", () => {
    expect(itemGraphOf(buildDigraph([output("x".repeat(100), "p")])).labels).toEqual(["x".repeat(24)]);
    expect(itemGraphOf(buildDigraph([])).count).toBe(0);
  });

  test("a chain of 2,000 outputs and one big cycle", () => {
    const chain = buildDigraph(Array.from({ length: 2000 }, (_, index) => output(`n${index}`, index === 0 ? "x" : `{{n${index - 1}}}`)));
    expect(chain.waves).toHaveLength(2000);
    const ring = buildDigraph(Array.from({ length: 2000 }, (_, index) => output(`n${index}`, `{{n${(index + 1999) % 2000}}}`)));
    expect(ring.cycles[0]).toHaveLength(2000);
    expect(ring.droppedEdges).toEqual([["n1999", "n0"]]);
  });

  test("every output once, dependencies first, only edges inside cycles are dropped", () => {
    const graph = fc.array(fc.tuple(fc.array(fc.nat(11), { maxLength: 4 }), fc.option(fc.nat(20), { nil: undefined })), { maxLength: 12 });
    fc.assert(
      fc.property(graph, (given) => {
        const digraph = buildDigraph(
          given.map(([needs, sequence], index) =>
            output(`n${index}`, needs.map((need) => `{{n${need}}}`).join(" "), sequence === undefined ? {} : { sequence }),
          ),
        );
        expect(digraph.order.toSorted()).toEqual(digraph.nodes.toSorted());
        const place = new Map(digraph.order.map((name, index) => [name, index]));
        const wave = new Map(digraph.waves.flatMap((names, index) => names.map((name) => [name, index] as const)));
        for (const [from, to] of digraph.edges) {
          expect(place.get(from) ?? 99).toBeLessThan(place.get(to) ?? -1);
          expect(wave.get(from) ?? 99).toBeLessThan(wave.get(to) ?? -1);
        }
        for (const [from, to] of digraph.droppedEdges) expect(digraph.cycles.some((members) => members.includes(from) && members.includes(to))).toBe(true);
        const asked = given.flatMap(([needs], index) => [...new Set(needs)].filter((need) => need !== index && need < given.length));
        expect(digraph.edges.length + digraph.droppedEdges.length).toBe(asked.length);
      }),
      { numRuns: 300, seed: 5 },
    );
  });
});
