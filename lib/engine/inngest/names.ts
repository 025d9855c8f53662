/** Ids and names of steps. Ids are kept by Inngest for as long as a run lives: a change of them would start running calls of running runs again. */

/** A step's stable id, and what a person reads. */
export interface StepName {
  id: string;
  name: string;
}

/** "agentic-extract/0007", shown as "agentic-extract/0007 total"; later rounds are "agentic-extract/0007 try 2". */
export function callStepName(key: string, round: number, label: string | undefined): StepName {
  const id = round === 1 ? key : `${key} try ${round}`;
  const shown = label === undefined || label === "" ? key : `${key} ${label}`;
  return { id, name: round === 1 ? shown : `${shown} (try ${round})` };
}

/** "agentic-extract/lane 3", "agentic-extract/lane 3 round 2". */
export function laneStepName(key: string, round: number, items: number): StepName {
  const id = round === 1 ? key : `${key} round ${round}`;
  return { id, name: `${id} of ${items} items` };
}

/** The sleep after a round that asked for another. */
export function waitStepName(key: string, round: number, reason: string | undefined): StepName {
  const id = `${key} wait ${round}`;
  return { id, name: reason === undefined ? id : `${id}: ${reason.slice(0, 100)}` };
}
