/** The request and settings of a run as its stages see them, parsed once per process. */

import type { ItemGraph } from "../lib/schema/pipeline.ts";
import { type Output, type ProcessRequest, processRequestSchema } from "../lib/schema/request.ts";
import { structureOf } from "../lib/structure/output.ts";
import { type Part, partsOf } from "../lib/structure/parts.ts";
import { type RunSettings, runSettingsSchema } from "./resources.ts";

const requests = new WeakMap<object, ProcessRequest>();

/** The request with its defaults. It was validated when the run was accepted. */
export function requestOf({ request }: { request: unknown }): ProcessRequest {
  const known = typeof request === "object" && request !== null ? requests.get(request) : undefined;
  if (known) return known;
  const parsed = processRequestSchema.parse(request);
  if (typeof request === "object" && request !== null) requests.set(request, parsed);
  return parsed;
}

/** The run's settings. */
export function settingsOf({ settings }: { settings: unknown }): RunSettings {
  return runSettingsSchema.parse(settings);
}

/** The outputs that are answered, in the request's order. */
export function activeOutputs(request: ProcessRequest): readonly Output[] {
  return request.outputs.filter((output) => output.active !== false);
}

/**
 * One question of a run: an output, or a part of one that has a schema or columns. `output` is what is asked, `owner` the number of the active output that gets the answer;
 * `part` says where in that output's value the answer belongs, and `context` is the owner's own prompt, where the question is a part's.
 */
export interface Question {
  output: Output;
  owner: number;
  part?: Part;
  context?: string;
}

const LONGEST_LABEL = 24;
const questions = new WeakMap<ProcessRequest, readonly Question[]>();

/** The questions of a request: item i of every stage over outputs is the i-th of them. */
export function questionsOf(request: ProcessRequest): readonly Question[] {
  const known = questions.get(request);
  if (known) return known;
  const made = activeOutputs(request).flatMap((output, owner): Question[] => {
    const structure = structureOf(output);
    if (structure === undefined) return [{ output, owner }];
    return partsOf(structure).map((part) => {
      if (part.pointer === "") return { output, owner, part };
      return {
        output: {
          ...output,
          promptx: undefined,
          schema: undefined,
          columns: undefined,
          name: `${output.name}${part.pointer}`,
          prompt: part.prompt,
          type: part.type,
        },
        owner,
        part,
        context: output.promptx ?? output.prompt,
      };
    });
  });
  questions.set(request, made);
  return made;
}

/** The i-th question. */
export function questionAt(request: ProcessRequest, index: number): Question {
  const question = questionsOf(request)[index];
  if (question === undefined) throw new RangeError(`The request has no question ${index}.`);
  return question;
}

/** Display labels of the questions, at most 24 characters each: of a long name its beginning, of a part its end, which tells it from the others. */
export function questionLabels(request: ProcessRequest): string[] {
  return questionsOf(request).map(({ output: { name }, context }) => {
    const characters = [...name];
    if (characters.length <= LONGEST_LABEL && name.length <= LONGEST_LABEL) return name;
    return context === undefined
      ? characters.slice(0, LONGEST_LABEL).join("").slice(0, LONGEST_LABEL)
      : `…${name.slice(1 - LONGEST_LABEL).replace(/^[\uDC00-\uDFFF]/, "")}`;
  });
}

/** The digraph of outputs as one of questions: each question of an output waits for all of those that the output waits for. */
export function questionGraph(request: ProcessRequest, outputs: ItemGraph): ItemGraph {
  const own = new Map<number, number[]>();
  questionsOf(request).forEach(({ owner }, index) => {
    const list = own.get(owner);
    if (list) list.push(index);
    else own.set(owner, [index]);
  });
  const of = (owner: number) => own.get(owner) ?? [];
  const edges = outputs.edges.flatMap(([before, after]) => of(before).flatMap((first) => of(after).map((then): [number, number] => [first, then])));
  return { count: questionsOf(request).length, edges, labels: questionLabels(request) };
}
