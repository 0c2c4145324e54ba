/**
 * Reads a task's field once where all later uses follow: the first read keeps the value in a local, as long as the branch
 * that it happened in is open. What no longer has uses to come is not kept.
 */
import type { CheckedLoop } from '../language/checked-tree.js';
import { type Emitter, type LocalReference, localRow } from './emitter.js';
import { visitStatements } from './visit-expressions.js';

export class FieldReads {
  readonly #emitter: Emitter;
  readonly #columns: ReadonlyMap<string, number>;
  readonly #usesLeft = new Map<string, number>();
  readonly #kept: Map<string, LocalReference>[] = [new Map()];

  constructor(emitter: Emitter, columns: ReadonlyMap<string, number>, loop: CheckedLoop) {
    this.#emitter = emitter;
    this.#columns = columns;
    visitStatements(loop.body, loop.where === undefined ? [] : [loop.where], (expression) => {
      if (expression.kind !== 'field') return;
      const { name } = expression.field;
      this.#usesLeft.set(name, (this.#usesLeft.get(name) ?? 0) + 1);
    });
  }

  /** Emits the value of the field for the current row. */
  read(name: string): void {
    const left = (this.#usesLeft.get(name) ?? 1) - 1;
    this.#usesLeft.set(name, left);
    const kept = this.#kept.map((branch) => branch.get(name)).find((local) => local !== undefined);
    if (kept !== undefined) {
      this.#emitter.emit('local.get', kept);
      return;
    }
    this.#load(name);
    if (left === 0) return;
    const local = this.#emitter.newLocal('number');
    this.#emitter.emit('local.tee', local);
    this.#kept.at(-1)?.set(name, local);
  }

  /** Lowers a branch; what it read is not known to have been read after it. */
  inBranch(lower: () => void): void {
    this.#kept.push(new Map());
    lower();
    this.close();
  }

  /** Ends the innermost branch, or the loop. */
  close(): void {
    for (const local of this.#kept.pop()?.values() ?? []) this.#emitter.giveBack(local);
  }

  #load(name: string): void {
    const { columnsAt, columnBytes } = this.#emitter.layout;
    const column = this.#columns.get(name) ?? 0;
    this.#emitter.emit('local.get', localRow).emit('i32.const', 3).emit('i32.shl');
    this.#emitter.emit('f64.load', columnsAt + column * columnBytes);
  }
}
