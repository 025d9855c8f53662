/** Which output needs which: the order of the outputs of a request, as waves that may run at once. */
import { DirectedGraph } from "graphology";
import { topologicalGenerations } from "graphology-dag";
import type { ItemGraph } from "../schema/pipeline.ts";
import type { Output } from "../schema/request.ts";
import type { Issue, IssueCode } from "../schema/result.ts";
import { cyclesOf } from "./cycles.ts";
import { findVariables } from "./variables.ts";

/** [dependency, dependent], by name. */
export type Edge = [dependency: string, dependent: string];

/** Something in the prompts that is probably not meant; the run goes on. */
export type DigraphWarning = Issue & { output: string; code: Extract<IssueCode, `${string}_variable` | "self_reference" | "cycle"> };

/**
 * The digraph of a request's active outputs. `nodes` are their names as the request has them, `order` is one order in which all can run, `waves` group it:
 * a wave's outputs need only earlier waves; inside a wave they follow the sequence numbers. `edges` have no cycle: of each cycle (its members in `cycles`)
 * those edges are in `droppedEdges` that go against the sequence numbers, so their references stay literal.
 */
export interface Digraph {
  nodes: string[];
  order: string[];
  waves: string[][];
  edges: Edge[];
  droppedEdges: Edge[];
  cycles: string[][];
  warnings: DigraphWarning[];
}

type DigraphOutput = Pick<Output, "name" | "prompt" | "promptx" | "active" | "sequence_number">;

const LONGEST_LABEL = 24;
const LONGEST_SHOWN = 80;

/** The text that an output asks with: `promptx` where it is given. */
export function promptOf(output: Pick<Output, "prompt" | "promptx">): string {
  return output.promptx ?? output.prompt;
}

/** Pure and deterministic. Names must be unique; of equal names the first counts. */
export function buildDigraph(outputs: readonly DigraphOutput[]): Digraph {
  const active = outputs.filter((output) => output.active !== false);
  const names = nameTable(active);
  const inactive = new Set(outputs.filter((output) => output.active === false).map(({ name }) => name.trim()));
  const warnings: DigraphWarning[] = [];
  const pairs: [number, number][] = [];
  active.forEach((output, dependent) => {
    for (const variable of findVariables(promptOf(output))) {
      const dependency = names.exact.get(variable);
      if (dependency === undefined) warnings.push(unknownVariable(output.name, variable, names, inactive));
      else if (dependency === dependent) warnings.push(selfReference(output.name));
      else pairs.push([dependency, dependent]);
    }
  });
  const rank = sequenceRanks(active);
  const cycles = cyclesOf(active.length, pairs);
  const cycleOf = new Map(cycles.flatMap((members, cycle) => members.map((member) => [member, cycle] as const)));
  const rankOf = (index: number) => rank[index] ?? 0;
  const isDropped = ([from, to]: [number, number]) => cycleOf.has(from) && cycleOf.get(from) === cycleOf.get(to) && rankOf(from) > rankOf(to);
  const kept = pairs.filter((pair) => !isDropped(pair));
  const waves = wavesOf(active.length, kept).map((wave) => wave.sort((left, right) => rankOf(left) - rankOf(right)));
  const nameOf = (index: number) => active[index]?.name ?? "";
  const named = ([from, to]: [number, number]): Edge => [nameOf(from), nameOf(to)];
  const namedCycles = cycles.map((members) => [...members].sort((left, right) => rankOf(left) - rankOf(right)).map(nameOf));
  return {
    nodes: active.map(({ name }) => name),
    order: waves.flat().map(nameOf),
    waves: waves.map((wave) => wave.map(nameOf)),
    edges: kept.map(named),
    droppedEdges: pairs.filter(isDropped).map(named),
    cycles: namedCycles,
    warnings: [...warnings, ...namedCycles.map(cycleWarning)],
  };
}

/** The digraph as items of a graph stage: item i is `nodes[i]`. Labels are cut to the 24 code units that engines show. */
export function itemGraphOf(digraph: Pick<Digraph, "nodes" | "edges">): ItemGraph {
  const items = new Map(digraph.nodes.map((name, index) => [name, index]));
  return {
    count: digraph.nodes.length,
    edges: digraph.edges.map(([dependency, dependent]) => [items.get(dependency) ?? 0, items.get(dependent) ?? 0]),
    labels: digraph.nodes.map((name) => name.slice(0, LONGEST_LABEL)),
  };
}

/** Each output's place by sequence number; one without stands where the list has it, and equal numbers keep the list's order. */
function sequenceRanks(outputs: readonly DigraphOutput[]): number[] {
  const sorted = outputs
    .map((output, index) => ({ index, sequence: output.sequence_number ?? index + 1 }))
    .sort((left, right) => left.sequence - right.sequence || left.index - right.index);
  const ranks = new Array<number>(outputs.length).fill(0);
  sorted.forEach(({ index }, rank) => {
    ranks[index] = rank;
  });
  return ranks;
}

/** Nodes are numbers as text, so no output's name can mean anything to the library. */
function wavesOf(count: number, edges: readonly (readonly [number, number])[]): number[][] {
  const graph = new DirectedGraph({ allowSelfLoops: false });
  for (let index = 0; index < count; index++) graph.addNode(String(index));
  for (const [from, to] of edges) graph.mergeDirectedEdge(String(from), String(to));
  return topologicalGenerations(graph).map((wave) => wave.map(Number));
}

/** Where names are, also when only case differs. References are trimmed, so names are too. */
interface NameTable {
  exact: Map<string, number>;
  folded: Map<string, string>;
}

function nameTable(outputs: readonly DigraphOutput[]): NameTable {
  const exact = new Map<string, number>();
  const folded = new Map<string, string>();
  outputs.forEach((output, index) => {
    const name = output.name.trim();
    if (!exact.has(name)) exact.set(name, index);
    if (!folded.has(name.toLowerCase())) folded.set(name.toLowerCase(), name);
  });
  return { exact, folded };
}

function unknownVariable(output: string, variable: string, names: NameTable, inactive: ReadonlySet<string>): DigraphWarning {
  const line = variable.replace(/[\s\p{Cc}]+/gu, " ");
  const shown = line.length > LONGEST_SHOWN ? `${line.slice(0, LONGEST_SHOWN)}…` : line;
  const where = `output "${output}" refers to {{ ${shown} }}`;
  if (inactive.has(variable)) return { code: "inactive_variable", output, message: `${where}, which is not active; the reference stays as it is` };
  const suggestion = names.folded.get(variable.toLowerCase());
  const hint = suggestion === undefined ? "" : `; did you mean {{ ${suggestion} }}?`;
  return { code: "unknown_variable", output, message: `${where}, but no output has that name; the reference stays as it is${hint}` };
}

function selfReference(name: string): DigraphWarning {
  return { code: "self_reference", output: name, message: `output "${name}" refers to itself; {{ ${name} }} stays as it is` };
}

function cycleWarning(members: readonly string[]): DigraphWarning {
  const list = members.map((name) => `"${name}"`).join(", ");
  return {
    code: "cycle",
    output: members[0] ?? "",
    message: `the outputs ${list} need each other; they run by sequence_number, and references to a later one stay as they are`,
  };
}
