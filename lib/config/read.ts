/** How the parts of the configuration read their variables. */
import type { z } from "zod";

/** One environment variable through its schema; a wrong value is reported with the hint, and never repeated. Undefined when unset or empty. */
export type Read = <T>(name: string, schema: z.ZodType<T>, hint: string) => T | undefined;

/** The entries that have a value. */
export function given<T extends object>(values: T | undefined): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values ?? {}).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
