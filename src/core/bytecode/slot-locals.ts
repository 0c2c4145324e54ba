/**
 * Which local holds which LET: a local is free again after the last place that reads it, so that their number follows how
 * many values are needed at once, not how many there are.
 */
import type { CheckedProgram } from '../language/checked-tree.js';
import type { Emitter, LocalKind, LocalReference } from './emitter.js';
import { visitStatements } from './visit-expressions.js';

export class SlotLocals {
  readonly #emitter: Emitter;
  readonly #locals = new Map<number, LocalReference>();
  readonly #readsLeft = new Map<number, number>();

  constructor(program: CheckedProgram, emitter: Emitter) {
    this.#emitter = emitter;
    // What is set outside the loops is read again for each task: its local is never free.
    const outside = new Set(program.lets.map(({ slot }) => slot));
    for (const { body } of program.loops) {
      visitStatements(body, (expression) => {
        if (expression.kind !== 'slot' && expression.kind !== 'condition-slot') return;
        const known = outside.has(expression.slot) ? Infinity : (this.#readsLeft.get(expression.slot) ?? 0);
        this.#readsLeft.set(expression.slot, known + 1);
      });
    }
  }

  /** Emits that the value on the stack is now the slot's. */
  set(slot: number, kind: LocalKind): void {
    const local = this.#emitter.newLocal(kind);
    this.#locals.set(slot, local);
    this.#emitter.emit('local.set', local);
  }

  /** Emits the value of the slot; one that was never set is a bug of this compiler. */
  read(slot: number): void {
    const local = this.#locals.get(slot);
    if (local === undefined) throw new Error('a LET was read before it was set');
    this.#emitter.emit('local.get', local);
    const left = (this.#readsLeft.get(slot) ?? Infinity) - 1;
    this.#readsLeft.set(slot, left);
    if (left === 0) this.#emitter.giveBack(local);
  }
}
