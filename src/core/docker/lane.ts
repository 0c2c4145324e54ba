/** Work of one kind, so much of it at a time: what is given waits for its turn. */
export interface Lane {
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when nothing is under way and nothing waits: for work that may come last. */
  quiet(): Promise<void>;
}

export function createLane(atOnce: number): Lane {
  let underWay = 0;
  const waiting: (() => void)[] = [];
  let whenQuiet: (() => void)[] = [];

  const leave = () => {
    underWay--;
    waiting.shift()?.();
    if (underWay > 0) return;
    for (const tell of whenQuiet) tell();
    whenQuiet = [];
  };
  const enter = async () => {
    if (underWay >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    underWay++;
  };

  return {
    async run(work) {
      await enter();
      try {
        return await work();
      } finally {
        leave();
      }
    },
    quiet: () => (underWay === 0 ? Promise.resolve() : new Promise((resolve) => whenQuiet.push(resolve))),
  };
}
