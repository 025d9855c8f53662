/** The request and settings of a run as its stages see them, parsed once per process. */
import { type Output, type ProcessRequest, processRequestSchema } from "../lib/schema/request.ts";
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

/** The outputs that are answered, in the request's order: item i of every stage over outputs is the i-th of them. */
export function activeOutputs(request: ProcessRequest): readonly Output[] {
  return request.outputs.filter((output) => output.active !== false);
}

/** The i-th active output. */
export function outputAt(request: ProcessRequest, index: number): Output {
  const output = activeOutputs(request)[index];
  if (output === undefined) throw new RangeError(`The request has no output ${index}.`);
  return output;
}

/** Display labels of the outputs, at most 24 characters each. */
export function outputLabels(request: ProcessRequest): string[] {
  return activeOutputs(request).map(({ name }) => [...name].slice(0, 24).join("").slice(0, 24));
}
