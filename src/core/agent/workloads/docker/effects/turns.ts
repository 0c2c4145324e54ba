/** Work on many things in; done for each thing one after the other, and for different things at the same time. */

export interface Turns {
  take<T>(thing: string, work: () => Promise<T>): Promise<T>;
  /** When nothing is under way any more. */
  idle(): Promise<void>;
}

export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return {
    take(thing, work) {
      const mine = (last.get(thing) ?? Promise.resolve()).then(work);
      const settled = mine.catch(() => undefined);
      last.set(thing, settled);
      void settled.then(() => {
        if (last.get(thing) === settled) last.delete(thing);
      });
      return mine;
    },
    async idle() {
      while (last.size > 0) await Promise.all(last.values());
    },
  };
}
