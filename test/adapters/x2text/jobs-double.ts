/** What doubles of services with jobs have in common: taking documents, polling and giving results away. */
import { type DoubledService, newScript } from "../../conformance/text-extractor.ts";
import { type Reply, type Seen, startService } from "../../support/service.ts";

/** The state of a job when it is asked about. */
export type JobState = "working" | "ready" | "lost" | "failed";

export interface JobsDouble extends DoubledService {
  /** Takes a document, unless the script refuses it. */
  submit(accept: (id: string) => Reply): Reply;
  /** Where a job stands; counts the polls down. */
  stateOf(id: string): JobState;
}

/** Starts a double whose requests `respond` answers. */
export async function startJobs(respond: (request: Seen, jobs: JobsDouble) => Reply): Promise<JobsDouble> {
  const script = newScript();
  let taken = 0;
  const left = new Map<string, number>();
  const lost = new Set<string>();
  const service = await startService((request) => respond(request, jobs));
  const jobs: JobsDouble = {
    ...service,
    script,
    submissions: () => taken,
    submit(accept) {
      const refusal = script.refusals.shift();
      if (refusal) return refusal;
      const id = `job-${++taken}`;
      left.set(id, script.polls);
      if (script.losses > 0) {
        script.losses--;
        lost.add(id);
      }
      return accept(id);
    },
    stateOf(id) {
      const polls = left.get(id);
      if (polls === undefined || lost.has(id)) return "lost";
      left.set(id, polls - 1);
      if (polls > 0) return "working";
      return script.failure === undefined ? "ready" : "failed";
    },
  };
  return jobs;
}
