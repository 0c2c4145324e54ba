/** Collects the instructions of the function `run` while they are lowered: locals by role, field reads, source places. */
import type { Span } from '../language/diagnostics/diagnostics.js';
import type { MemoryLayout } from './layout.js';
import type { Instruction, OpcodeName } from './opcodes.js';

/** The first three locals of every program; all i32. */
export const localRows = 0;
export const localRow = 1;
export const localPointer = 2;

export interface EmittedInstruction extends Instruction {
  readonly span: Span | undefined;
}

/** A local before it has a number: conditions are numbered before numbers, and how many there are is known at the end. */
interface PendingInstruction {
  readonly name: OpcodeName;
  readonly immediate: number | { readonly kind: LocalKind; readonly index: number };
  readonly span: Span | undefined;
}

export type LocalKind = 'truth' | 'number';

export interface LocalReference {
  readonly kind: LocalKind;
  readonly index: number;
}

export class Emitter {
  /** Set while a statement is lowered, so that every instruction knows where it comes from. */
  place: Span | undefined;
  readonly layout: MemoryLayout;
  readonly #pending: PendingInstruction[] = [];
  readonly #counts = { truth: 0, number: 0 };
  readonly #free: Record<LocalKind, LocalReference[]> = { truth: [], number: [] };

  constructor(layout: MemoryLayout) {
    this.layout = layout;
  }

  emit(name: OpcodeName, immediate: number | LocalReference = 0): this {
    this.#pending.push({ name, immediate, span: this.place });
    return this;
  }

  /** A local that was given back is used again, so that their number follows the nesting, not the length. */
  newLocal(kind: LocalKind): LocalReference {
    const free = this.#free[kind].pop();
    if (free !== undefined) return free;
    const index = this.#counts[kind];
    this.#counts[kind] += 1;
    return { kind, index };
  }

  /** Nothing reads the local any more. */
  giveBack(local: LocalReference): void {
    this.#free[local.kind].push(local);
  }

  /** The count of i32 locals besides the parameter, of f64 locals, and the instructions with their final numbers. */
  finish(): { i32Locals: number; f64Locals: number; instructions: EmittedInstruction[] } {
    const { truth, number } = this.#counts;
    const first = { truth: localPointer + 1, number: localPointer + 1 + truth };
    const instructions = this.#pending.map(({ name, immediate, span }) => {
      const settled = typeof immediate === 'number' ? immediate : first[immediate.kind] + immediate.index;
      return { name, immediate: settled, span };
    });
    return { i32Locals: 2 + truth, f64Locals: number, instructions };
  }
}
