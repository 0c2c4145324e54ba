/** The time that a rollout has from its first order until all are live; without one it has as long as it takes. */
export class Deadline {
  readonly ms: number | undefined;
  readonly #over = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(ms?: number) {
    this.ms = ms;
  }

  /** Raised when the time is over. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Counts from the first call on. */
  start(): void {
    if (this.ms !== undefined) this.#timer ??= setTimeout(() => this.#over.abort(), this.ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
