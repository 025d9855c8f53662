/** Cycles of a graph: the sets of nodes that can all reach each other. */

/** A node on the way: which of its edges is next. */
interface Frame {
  node: number;
  next: number;
}

/**
 * The strongly connected components of two or more nodes (Tarjan 1972), each ascending, in the order of their smallest nodes. Nodes are 0 up to `count`.
 * Keeps its own stack, so a chain of thousands is no problem. Time linear in nodes and edges.
 */
export function cyclesOf(count: number, edges: readonly (readonly [number, number])[]): number[][] {
  const following: number[][] = Array.from({ length: count }, () => []);
  for (const [from, to] of edges) following[from]?.push(to);
  const number = new Int32Array(count).fill(-1);
  const low = new Int32Array(count);
  const isOpen = new Uint8Array(count);
  const open: number[] = [];
  const cycles: number[][] = [];
  let visited = 0;
  const lower = (node: number, value: number) => {
    low[node] = Math.min(low[node] ?? 0, value);
  };
  const enter = (frames: Frame[], node: number) => {
    number[node] = visited;
    low[node] = visited++;
    isOpen[node] = 1;
    open.push(node);
    frames.push({ node, next: 0 });
  };
  const leave = (node: number) => {
    if (low[node] !== number[node]) return;
    const members = open.splice(open.lastIndexOf(node));
    for (const member of members) isOpen[member] = 0;
    if (members.length > 1) cycles.push(members.sort((left, right) => left - right));
  };
  for (let root = 0; root < count; root++) {
    if (number[root] !== -1) continue;
    const frames: Frame[] = [];
    enter(frames, root);
    for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
      const target = following[frame.node]?.[frame.next++];
      if (target === undefined) {
        frames.pop();
        leave(frame.node);
        const parent = frames.at(-1);
        if (parent !== undefined) lower(parent.node, low[frame.node] ?? 0);
      } else if (number[target] === -1) enter(frames, target);
      else if (isOpen[target] === 1) lower(frame.node, number[target] ?? 0);
    }
  }
  return cycles.sort((left, right) => (left[0] ?? 0) - (right[0] ?? 0));
}
