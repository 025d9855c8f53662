// graph: which output needs which. The names are what is asked for, so they stay.
import { productModule } from "./product.mjs";

export async function graph() {
  const { buildDigraph } = await productModule("lib/agents/digraph");
  return {
    answer(case_) {
      const { edges, droppedEdges, waves, cycles } = buildDigraph(case_.spec().outputs);
      return { edges: [...edges, ...droppedEdges], levels: waves, cycle: cycles.length > 0 };
    },
  };
}
