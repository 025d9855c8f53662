import fc from "fast-check";
import { expect, test } from "vitest";
import { findJsonError, lineAndColumn, parseJson } from "../../lib/schema/parse-json.ts";

const parse = (text: string) => parseJson(new TextEncoder().encode(text), "prompts.json", "invalid_request");

test.each([
  ['{"a": 1,}', 'line 1, column 9: there is "}" where a key in "double quotes" is needed'],
  ['{\n  "a": [1 2]\n}', 'line 2, column 11: there is "2" where a comma or the closing bracket is needed'],
  ["{\r\n'a': 1}", 'line 2, column 1: there is "\'" where a key in "double quotes" or } is needed'],
  ["", "line 1, column 1: the file ends where a value is needed"],
  ['{"a": tru}', 'line 1, column 7: there is "t" where a value is needed'],
  ['["a', "line 1, column 4: the file ends where the rest of a string is needed"],
  ['["a\nb"]', 'line 1, column 4: there is "\\n" where the rest of a string is needed'],
  ["[1] x", 'line 1, column 5: there is "x" where the end of the file is needed'],
  ['{"a" 1}', 'line 1, column 6: there is "1" where a colon is needed'],
  ["[01]", 'line 1, column 2: there is "0" where a value or ] is needed'],
])("says where %j stops being JSON", (text, message) => {
  expect(() => parse(text)).toThrow(`prompts.json is not valid JSON: ${message}.`);
});

test("finds an error exactly where JSON.parse throws", () => {
  const fragment = fc.oneof(fc.json(), fc.constantFrom("{", "}", "[", "]", ",", ":", '"', "\\", "1", "-", "e", "null", " ", "\n", '"a"', "\u0001", "\\u12"));
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 6 }), (parts) => {
      const text = parts.join("");
      let valid = true;
      try {
        JSON.parse(text);
      } catch {
        valid = false;
      }
      const error = findJsonError(text);
      expect(error === undefined).toBe(valid);
      if (error) expect(error.at).toBeLessThanOrEqual(text.length);
    }),
    { numRuns: 2000, seed: 7 },
  );
});

test("goes through deep nesting and long strings without recursion", () => {
  expect(findJsonError("[".repeat(200_000))?.at).toBe(200_000);
  expect(findJsonError(`["${"x".repeat(5_000_000)}"`)?.at).toBe(5_000_003);
});

test("counts lines and columns from 1", () => {
  expect(lineAndColumn("ab\ncd", 4)).toEqual({ line: 2, column: 2 });
});

test("refuses what is not UTF-8 and accepts a byte order mark", () => {
  expect(() => parseJson(new Uint8Array([0xff, 0xfe, 0x41]), "p.json", "invalid_request")).toThrow("not UTF-8");
  expect(parseJson(new Uint8Array([0xef, 0xbb, 0xbf, 0x5b, 0x5d]), "p.json", "invalid_request")).toEqual([]);
});
