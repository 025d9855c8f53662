import { describe, expect, test } from "vitest";
import { refuseUnsupported, validateRequest } from "../../lib/schema/validate.ts";
import { refusal } from "../support/refusal.ts";

const limits = { promptBytes: 64 * 1024, outputs: 2000 };
const output = (extra: object = {}) => ({ name: "total", prompt: "What is the total?", ...extra });

const validating = (...outputs: unknown[]) => refusal(() => validateRequest({ outputs }, limits));
const unsupported = (request: object) => refusal(() => refuseUnsupported(validateRequest({ outputs: [output()], ...request }, limits)));

describe("validateRequest", () => {
  test("accepts a small request, and null for not given", () => {
    expect(validateRequest({ run_id: null, outputs: [output({ type: null })] }, limits).outputs[0]?.name).toBe("total");
  });

  test.each<[string, unknown[], string, RegExp]>([
    ["duplicate names", [output(), output({ prompt: "again" })], "/outputs/1/name", /already that of \/outputs\/0/],
    ["an empty name", [output({ name: "" })], "/outputs/0/name", /name is needed/],
    ["a name of blanks", [output({ name: "  " })], "/outputs/0/name", /not only blanks/],
    ["__proto__", [output({ name: "__proto__" })], "/outputs/0/name", /cannot be the name/],
    ["constructor", [output({ name: "constructor" })], "/outputs/0/name", /cannot be the name/],
    ["prototype", [output({ name: "prototype" })], "/outputs/0/name", /cannot be the name/],
    [
      "a prompt of 65 KB",
      [output({ prompt: "x".repeat(65 * 1024) })],
      "/outputs/0/prompt",
      /66560 bytes long, more than the limit of 65536.*PROMPT_STUDIO_MAX_PROMPT_BYTES/,
    ],
    ["a promptx of 65 KB", [output({ promptx: "ü".repeat(33 * 1024) })], "/outputs/0/promptx", /67584 bytes/],
    ["an empty prompt", [output({ prompt: "" })], "/outputs/0/prompt", /prompt is needed/],
    ["overlap of size", [output({ "chunk-size": 100, "chunk-overlap": 100 })], "/outputs/0/chunk-overlap", /less than chunk-size \(100\)/],
    ["negative top-k", [output({ "similarity-top-k": -1 })], "/outputs/0/similarity-top-k", /at least 1, not -1/],
    ["an unknown type", [output({ type: "numbr" })], "/outputs/0/type", /one of text, number, email.*did you mean number/],
    ["an unknown strategy", [output({ "retrieval-strategy": "magic" })], "/outputs/0/retrieval-strategy", /one of simple, subquestion/],
    ["an unknown key", [output({ chunk_size: 5 })], "/outputs/0/chunk_size", /unknown key; did you mean chunk-size/],
    ["a missing prompt", [{ name: "total" }], "/outputs/0/prompt", /is missing; a string is needed/],
    ["a number for a name", [output({ name: 5 })], "/outputs/0/name", /must be a string, not 5/],
    ["no outputs", [], "/outputs", /at least one output/],
    ["a wrong monitor", [output({ eval_settings: { monitor_llm: 5 } })], "/outputs/0/eval_settings/monitor_llm", /must be a string or an array, not 5/],
  ])("refuses %s", (_, outputs, pointer, message) => {
    const error = validating(...outputs);
    expect(error.code).toBe("invalid_request");
    expect(error.problems).toEqual([{ pointer, message: expect.stringMatching(message) }]);
    expect(error.message).toContain(pointer);
  });

  test("accepts a prompt of exactly the limit and 2,000 outputs", () => {
    const outputs = Array.from({ length: 2000 }, (_, index) => output({ name: `o${index}` }));
    outputs[0] = output({ name: "first", prompt: "x".repeat(64 * 1024) });
    expect(validateRequest({ outputs }, limits).outputs).toHaveLength(2000);
  });

  test("refuses 2,001 outputs with the limit in the message", () => {
    const error = validating(...Array.from({ length: 2001 }, (_, index) => output({ name: `o${index}` })));
    expect(error.problems).toEqual([
      { pointer: "/outputs", message: expect.stringMatching(/2001 outputs, more than the limit of 2000.*PROMPT_STUDIO_MAX_OUTPUTS/) },
    ]);
  });

  test("lists every problem at once", () => {
    const error = validating(output({ type: "x", "similarity-top-k": 0 }), { name: "" });
    expect(error.problems.map(({ pointer }) => pointer)).toEqual(["/outputs/0/similarity-top-k", "/outputs/0/type", "/outputs/1/name", "/outputs/1/prompt"]);
  });

  test.each(["0-3", "5-2", "3,0"])("refuses the pages %s", (pages) => {
    const error = refusal(() => validateRequest({ outputs: [output()], extraction_settings: { pages } }, limits));
    expect(error.problems[0]?.pointer).toBe("/extraction_settings/pages");
  });

  test.each([null, 5, "x", [], {}])("refuses %j as a request", (value) => {
    expect(refusal(() => validateRequest(value, limits)).code).toBe("invalid_request");
  });

  test("a key named __proto__ is refused, not merged", () => {
    const error = refusal(() => validateRequest(JSON.parse('{"__proto__": {"x": 1}, "outputs": [{"name": "a", "prompt": "b"}]}'), limits));
    expect(error.problems).toEqual([{ pointer: "/__proto__", message: "unknown key" }]);
  });
});

describe("refuseUnsupported", () => {
  test.each<[object, string[]]>([
    [{ tool_settings: { enable_challenge: true, challenge_llm: "second" } }, ["/tool_settings/enable_challenge", "/tool_settings/challenge_llm"]],
    [{ tool_settings: { single_pass_extraction_mode: true } }, ["/tool_settings/single_pass_extraction_mode"]],
    [{ tool_settings: { summarize_as_source: true } }, ["/tool_settings/summarize_as_source"]],
    [{ tool_settings: { grammar: { invoice: ["bill"] } } }, ["/tool_settings/grammar"]],
    [
      { outputs: [output({ eval_settings: { monitor_llm: ["m"], exclude_failed: true } })] },
      ["/outputs/0/eval_settings/monitor_llm", "/outputs/0/eval_settings/exclude_failed"],
    ],
    [
      { outputs: [output({ table_settings: { is_directory_mode: true, input_file: "a", document_type: "b" } })] },
      ["is_directory_mode", "input_file", "document_type"].map((key) => `/outputs/0/table_settings/${key}`),
    ],
  ])("names %j", (request, pointers) => {
    const error = unsupported(request);
    expect(error.code).toBe("not_supported");
    expect(error.problems.map(({ pointer }) => pointer)).toEqual(pointers);
  });

  test("false, null, empty values and labels pass", () => {
    const request = {
      tool_id: "t",
      tool_settings: { enable_challenge: false, challenge_llm: "second", single_pass_extraction_mode: null, summarize_as_source: false, grammar: {} },
      extraction_settings: { tags: ["a"], tool_execution_metadata: { a: 1 } },
      outputs: [
        output({
          "retrieval-strategy": "router",
          eval_settings: { evaluate: true, eval_quality_faithfulness: true, eval_security_pii: false, monitor_llm: "", exclude_failed: null },
          table_settings: { is_directory_mode: false, input_file: "", document_type: null },
        }),
      ],
    };
    expect(() => refuseUnsupported(validateRequest(request, limits))).not.toThrow();
  });
});
