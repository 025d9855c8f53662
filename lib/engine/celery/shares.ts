/** How many messages of each tenant a worker has, and whose it may take now. Pure. A message without a tenant, "", is a request of others, which has no share. */

/** A take that is under way. Until it ends nobody knows whose message it brings. */
export interface Share {
  /** The tenants of which it may bring none. */
  full: readonly string[];
  /** Some of them are full only by what takes under way may bring, so there may be more to take when those have ended. */
  isTight: boolean;
  /** Says what it brought, which is the worker's from now on. */
  end(brought?: string): void;
}

export interface Shares {
  /** Begins to take, in the place of a message of the tenant `ending` where that is given; undefined when there is no tenant of which it may bring one for sure. */
  begin(ending?: string): Share | undefined;
  /** A message has ended. */
  remove(tenant: string): void;
}

/** Shares of so many messages for each tenant at once, also by takes that run side by side. */
export function createShares(perTenant: number): Shares {
  const held = new Map<string, number>();
  const underWay = new Set<{ full: ReadonlySet<string>; ending: string | undefined }>();
  const change = (tenant: string, by: number) => {
    const left = (held.get(tenant) ?? 0) + by;
    if (left > 0) held.set(tenant, left);
    else held.delete(tenant);
  };
  /** The most that a tenant may have when all that is under way has ended. One that ends a message of this tenant brings another at most in its place. */
  const possible = (tenant: string) => {
    const others = [...underWay].filter(({ full, ending }) => ending !== tenant && !full.has(tenant));
    return (held.get(tenant) ?? 0) + others.length;
  };
  return {
    begin(ending) {
      // A tenant that has none here can have one for each take that is under way.
      if (underWay.size >= perTenant) return undefined;
      const left = (tenant: string, count: number) => count - (tenant === ending ? 1 : 0);
      const full = [...held.keys()].filter((tenant) => tenant !== "" && left(tenant, possible(tenant)) >= perTenant);
      const isTight = full.some((tenant) => left(tenant, held.get(tenant) ?? 0) < perTenant);
      const take = { full: new Set(full), ending };
      underWay.add(take);
      return {
        full,
        isTight,
        end(brought) {
          underWay.delete(take);
          if (brought !== undefined) change(brought, 1);
        },
      };
    },
    remove: (tenant) => change(tenant, -1),
  };
}
