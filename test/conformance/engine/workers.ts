import type { EngineTest } from "./subject.ts";
export const workerTests: readonly EngineTest[] = [];
