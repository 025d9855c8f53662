/** Which operating system process this is, precisely enough that another process on the same machine can tell that it is gone. */
import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import type { ProcessRecord } from "../schema/records.ts";

/** Everything of a process record but its end. */
export type Identity = Omit<ProcessRecord, "v" | "ended">;

/** This process. Boot, namespace and start time are known on Linux only; without them the lease alone decides. */
export function ownIdentity(): Identity {
  const identity: Identity = { id: randomUUID(), host: hostname(), pid: process.pid };
  const boot = attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
  const namespace = attempt(() => readlinkSync("/proc/self/ns/pid"));
  const started = startOf(process.pid);
  return { ...identity, ...(boot ? { boot } : {}), ...(namespace ? { namespace } : {}), ...(typeof started === "string" ? { started } : {}) };
}

/** Whether that process is certainly gone, as seen from this machine: false means "can't tell from here". */
export function isGone(other: ProcessRecord, self: Identity): boolean {
  const comparable = self.boot !== undefined && self.namespace !== undefined && other.started !== undefined;
  if (!comparable || other.host !== self.host || other.boot !== self.boot || other.namespace !== self.namespace) return false;
  const started = startOf(other.pid);
  return started === "gone" || (typeof started === "string" && started !== other.started);
}

/** Clock ticks since boot at which a process started (proc(5), field 22), "gone" without such a process, undefined where it can't be read. A zombie is gone: it will never run again. */
function startOf(pid: number): string | "gone" | undefined {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? "gone" : fields[19];
  } catch (error) {
    return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH") ? "gone" : undefined;
  }
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
