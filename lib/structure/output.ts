/** The structure that an output asks for, if it asks for one. */
import type { ColumnInput, Output } from "../schema/request.ts";
import { type LeafNode, type ListNode, readStructure, type StructureNode } from "../schema/structure.ts";

/** From its schema or its columns; undefined for an output of a single value or of free form. The request was validated before. */
export function structureOf({ schema, columns }: Pick<Output, "schema" | "columns">): StructureNode | undefined {
  if (columns !== undefined) return columnsStructure(columns);
  if (schema === undefined) return undefined;
  const read = readStructure(schema);
  if ("problem" in read) throw new TypeError(`The schema at ${read.problem.pointer} ${read.problem.message}.`);
  return read.node;
}

/** Rows with these columns, as a structure. */
export function columnsStructure(columns: readonly ColumnInput[]): ListNode {
  const properties = columns.map((column) => {
    const { name, type, description } = typeof column === "string" ? { name: column, type: undefined, description: undefined } : column;
    const node: LeafNode = {
      is: "leaf",
      type: type ?? "text",
      integer: false,
      orNumber: false,
      choices: undefined,
      description: description ?? "",
      nullable: true,
    };
    return { name, node, required: true };
  });
  return { is: "list", item: { is: "object", properties, description: "", nullable: false }, description: "", nullable: false };
}
