/** No tenant gets more than its share, whatever the takes that are under way bring. */
import { describe, expect, it } from "vitest";
import { createShares, type Share } from "../../../lib/engine/celery/shares.ts";
import { createRandom } from "../../support/random.ts";

describe("a worker's shares", () => {
  it("are full when a tenant has as many as it may, but for one that ends", () => {
    const shares = createShares(2);
    for (const tenant of ["a", "a", "b"]) shares.begin()?.end(tenant);
    const beside = shares.begin();
    expect([beside?.full, beside?.isTight]).toEqual([["a"], false]);
    beside?.end();
    expect(shares.begin("a")?.full).toEqual([]);
  });

  it("count what takes under way may bring", () => {
    const shares = createShares(2);
    for (const tenant of ["a", "a", "b"]) shares.begin()?.end(tenant);
    const first = shares.begin();
    const second = shares.begin("a");
    // The first may bring one of b, and none of a.
    expect([second?.full, second?.isTight]).toEqual([["b"], true]);
    // Two may bring one of c each, which is its share.
    expect(shares.begin()).toBeUndefined();
    first?.end();
    second?.end("c");
    shares.remove("a");
    expect(shares.begin()?.full).toEqual([]);
  });

  it("have no tenant for requests of others", () => {
    const shares = createShares(1);
    for (const tenant of ["", "", ""]) shares.begin()?.end(tenant);
    expect(shares.begin()?.full).toEqual([]);
  });

  it.each([1, 2, 4])("are never more than %i, in whatever order takes begin and end", (perTenant) => {
    const random = createRandom(perTenant);
    const shares = createShares(perTenant);
    const held: string[] = [];
    const underWay: { share: Share; ending: string | undefined }[] = [];
    const pick = <T>(from: T[]): T | undefined => from.splice(Math.floor(random() * from.length), 1)[0];
    let most = 0;
    for (let round = 0; round < 5_000; round++) {
      if (random() < 0.5 && underWay.length < 8) {
        const ending = random() < 0.5 ? pick(held) : undefined;
        const share = shares.begin(ending);
        if (share) underWay.push({ share, ending });
        else if (ending !== undefined) shares.remove(ending);
        continue;
      }
      const { share, ending } = pick(underWay) ?? {};
      if (share === undefined) continue;
      const open = ["a", "b", "c"].filter((tenant) => !share.full.includes(tenant));
      const brought = random() < 0.8 ? pick(open) : undefined;
      share.end(brought);
      if (brought !== undefined) held.push(brought);
      // Where nothing was brought the message may not have ended, and is held on.
      if (ending !== undefined && (brought !== undefined || random() < 0.5)) shares.remove(ending);
      else if (ending !== undefined) held.push(ending);
      const ended = random() < 0.1 ? pick(held) : undefined;
      if (ended !== undefined) shares.remove(ended);
      const counts = ["a", "b", "c"].map((tenant) => held.filter((other) => other === tenant).length);
      most = Math.max(most, ...counts);
    }
    expect(most).toBe(perTenant);
  });
});
