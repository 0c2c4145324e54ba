/**
 * The one error class for expected failures: what happened, what to do next, and which exit code a command ends with.
 * Codes are grouped by stage: DN0xx language, DN1xx bytecode, DN2xx nerve, DN3xx fleet, DN4xx governor, DN5xx injector,
 * DN6xx agent, DN7xx orchestrator and results, DN9xx command line. A bug is an assertion, never a DreamnetError.
 */

/** Why a command could not do all it was asked; `cli/exit-codes.ts` maps each to the documented exit code. */
export type FailureKind =
  | 'failed'
  | 'bad-input'
  | 'stopped-by-gate'
  | 'partly-done'
  | 'waits-for-approval'
  | 'unreachable'
  | 'interrupted';

export interface ErrorDetails {
  /** Stable code such as `DN503`. */
  readonly code: string;
  readonly kind: FailureKind;
  /** What happened and where: one sentence, ending without a full stop only when it ends with a value. */
  readonly message: string;
  /** What to do next, in the imperative, preferably with the command to type. */
  readonly hint?: string;
  readonly cause?: unknown;
}

export class DreamnetError extends Error {
  readonly code: string;
  readonly kind: FailureKind;
  readonly hint: string | undefined;

  constructor(details: ErrorDetails) {
    super(details.message, { cause: details.cause });
    this.name = 'DreamnetError';
    this.code = details.code;
    this.kind = details.kind;
    this.hint = details.hint;
  }
}

/** The text of anything thrown, without its stack. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
