/** What a program proposes in, the effect that the workload is asked for out; whoever waits for it may stop waiting. */
import type { RunProgram } from './held-program.js';
import type { Effect, TaskId } from './workload.js';

/** One effect that a program proposes. */
export interface Proposal {
  readonly program: RunProgram;
  readonly action: string;
  readonly code: number;
  readonly task: TaskId;
  readonly argument: number;
}

/** A signal is made when somebody asks for it: most effects are over at once. */
export class BegunEffect implements Effect {
  readonly action: string;
  readonly task: TaskId;
  readonly row: number;
  readonly argument: number;
  readonly instruction: string;
  #controller: AbortController | undefined;

  constructor({ action, task, argument, program }: Proposal, row: number) {
    this.action = action;
    this.task = task;
    this.row = row;
    this.argument = argument;
    this.instruction = program.held.instruction;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  get isAborted(): boolean {
    return this.#controller?.signal.aborted === true;
  }

  abort(): void {
    this.#controller ??= new AbortController();
    this.#controller.abort();
  }
}
