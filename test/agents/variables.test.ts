import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findVariables, substituteVariables } from "../../lib/agents/variables.ts";
import type { Json } from "../../lib/schema/json.ts";

describe("findVariables", () => {
  test("names are trimmed, each once, in order", () => {
    expect(findVariables("{{b}} and {{ a }} and {{\tb\n}}")).toEqual(["b", "a"]);
    expect(findVariables("{{ two words }} {{größe}} {{a-b.c}}")).toEqual(["two words", "größe", "a-b.c"]);
  });

  test("odd braces are plain text", () => {
    expect(findVariables("{{}} {{ }} { {a} } {{a} } {{a {{{b}}} }} {{c")).toEqual(["b"]);
  });
});

describe("substituteVariables", () => {
  const values = new Map<string, Json>([
    ["name", "Acme"],
    ["zero", 0],
    ["no", false],
    ["empty", ""],
    ["list", [1, { a: "b" }]],
    ["none", null],
    ["__proto__", "p"],
    ["sneaky", "{{ name }} $& $1"],
  ]);

  test("strings as they are, everything else as JSON, also what is falsy; null in words", () => {
    expect(substituteVariables("{{name}}|{{ zero }}|{{no}}|{{empty}}|{{list}}|{{none}}|{{__proto__}}", values)).toBe('Acme|0|false||[1,{"a":"b"}]|not found|p');
  });

  test("unknown names stay, values are not looked at again", () => {
    expect(substituteVariables("{{ other }} {{constructor}} {{{name}}}", values)).toBe("{{ other }} {{constructor}} {Acme}");
    expect(substituteVariables("<{{sneaky}}>", values)).toBe("<{{ name }} $& $1>");
  });

  test("a value that is too long for a prompt is cut and says so", () => {
    const rows = Array.from({ length: 2_000 }, (_, index) => ({ row: index }));
    const prompt = substituteVariables("Sum of {{rows}}?", new Map([["rows", rows]]));
    expect(prompt.length).toBeLessThan(8_100);
    expect(prompt).toMatch(/^Sum of \[\{"row":0\}.* … \(cut\)\?$/);
  });

  test("any text goes through; without values it stays as it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("{", "}", "a", " ", "\n", "é") }), (prompt) => {
        expect(substituteVariables(prompt, new Map())).toBe(prompt);
        const names = findVariables(prompt);
        const all = new Map(names.map((name) => [name, "x"]));
        expect(findVariables(substituteVariables(prompt, all)).filter((name) => names.includes(name) && !name.includes("x"))).toEqual([]);
      }),
      { numRuns: 500, seed: 3 },
    );
  });
});
