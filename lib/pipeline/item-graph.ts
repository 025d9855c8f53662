/** The check that a planned graph can be worked off at all. */
import type { ItemGraph } from "../schema/pipeline.ts";

/** Says what is wrong with a plan's graph (an index out of range, a cycle), or undefined. Linear in items and edges. */
export function itemGraphProblem(graph: ItemGraph): string | undefined {
  const dependents: number[][] = Array.from({ length: graph.count }, () => []);
  const open: number[] = new Array(graph.count).fill(0);
  for (const [dependency, dependent] of graph.edges) {
    if (dependency >= graph.count || dependent >= graph.count) return `edge ${dependency} to ${dependent} names an item beyond ${graph.count - 1}`;
    dependents[dependency]?.push(dependent);
    open[dependent] = (open[dependent] ?? 0) + 1;
  }
  const ready = open.flatMap((count, item) => (count === 0 ? [item] : []));
  for (let position = 0; position < ready.length; position++) {
    for (const dependent of dependents[ready[position] ?? 0] ?? []) {
      open[dependent] = (open[dependent] ?? 0) - 1;
      if (open[dependent] === 0) ready.push(dependent);
    }
  }
  return ready.length === graph.count ? undefined : "its items wait for each other in a cycle";
}

const indexed = new WeakMap<ItemGraph, ReadonlyMap<number, readonly number[]>>();

/** What an item waits for. The graph is indexed once, so it must not be changed afterwards. */
export function dependenciesOf(graph: ItemGraph, item: number): readonly number[] {
  const known = indexed.get(graph) ?? byDependent(graph);
  indexed.set(graph, known);
  return known.get(item) ?? [];
}

function byDependent(graph: ItemGraph): ReadonlyMap<number, readonly number[]> {
  const dependencies = new Map<number, number[]>();
  for (const [dependency, dependent] of graph.edges) {
    const known = dependencies.get(dependent);
    if (known) known.push(dependency);
    else dependencies.set(dependent, [dependency]);
  }
  return dependencies;
}
