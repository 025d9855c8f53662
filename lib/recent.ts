/** A memory with an end: of so many entries, those that were set last. */

/** What is remembered, by a key. */
export interface Recent<Key, Value> {
  get(key: Key): Value | undefined;
  /** Remembers it as the youngest, and forgets the oldest when there are too many. */
  set(key: Key, value: Value): void;
  delete(key: Key): void;
}

/** Remembers `most` entries. */
export function createRecent<Key, Value>(most: number): Recent<Key, Value> {
  const entries = new Map<Key, Value>();
  return {
    get: (key) => entries.get(key),
    set(key, value) {
      entries.delete(key);
      entries.set(key, value);
      for (const oldest of entries.keys()) {
        if (entries.size <= most) return;
        entries.delete(oldest);
      }
    },
    delete: (key) => void entries.delete(key),
  };
}
