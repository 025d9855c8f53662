/** Whose turn it is: tenants take turns, none has more than its cap at once, and within a tenant the higher priority and then the older offer goes first. Pure state, no time. */

interface Offer {
  id: string;
  priority: number;
  order: number;
}

/** The runs that have something to do. */
export interface Turns {
  /** The run has something to do; offering twice is one offer. */
  offer(id: string, tenant: string, priority: number): void;
  remove(id: string): void;
  /** The run whose turn it is; it counts against its tenant's cap until `release`. */
  take(): string | undefined;
  release(tenant: string): void;
}

/** Turns between tenants with at most `cap` at once for each. */
export function createTurns(cap: number): Turns {
  const tenants = new Map<string, Map<string, Offer>>();
  const tenantOf = new Map<string, string>();
  const running = new Map<string, number>();
  let order = 0;
  return {
    offer(id, tenant, priority) {
      const offers = tenants.get(tenant) ?? new Map<string, Offer>();
      tenants.set(tenant, offers);
      if (!offers.has(id)) offers.set(id, { id, priority, order: order++ });
      tenantOf.set(id, tenant);
    },
    remove(id) {
      const tenant = tenantOf.get(id);
      if (tenant !== undefined) tenants.get(tenant)?.delete(id);
      tenantOf.delete(id);
    },
    take() {
      for (const [tenant, offers] of tenants) {
        if ((running.get(tenant) ?? 0) >= cap || offers.size === 0) continue;
        const best = first(offers.values());
        if (best === undefined) continue;
        offers.delete(best.id);
        tenantOf.delete(best.id);
        running.set(tenant, (running.get(tenant) ?? 0) + 1);
        // To the end of the line.
        tenants.delete(tenant);
        tenants.set(tenant, offers);
        return best.id;
      }
      return undefined;
    },
    release(tenant) {
      const left = (running.get(tenant) ?? 1) - 1;
      if (left > 0) running.set(tenant, left);
      else running.delete(tenant);
      if (left <= 0 && tenants.get(tenant)?.size === 0) tenants.delete(tenant);
    },
  };
}

function first(offers: Iterable<Offer>): Offer | undefined {
  let best: Offer | undefined;
  for (const offer of offers) {
    if (best === undefined || offer.priority > best.priority || (offer.priority === best.priority && offer.order < best.order)) best = offer;
  }
  return best;
}
