/** What the checker knows while it walks: capabilities, visible names, value ranges, and where it complains. */
import type { Capabilities } from '../capabilities.js';
import type { CheckedParameter } from '../checked-tree.js';
import type { DiagnosticList } from '../diagnostics/diagnostic-list.js';
import type { Span } from '../diagnostics/diagnostics.js';
import { KnownNames } from '../suggest.js';
import type { NameNode } from '../syntax/tree.js';
import type { ValueType } from '../units/quantity.js';
import type { ValueRange } from './value-range.js';

export type Binding = TaskBinding | ValueBinding;

interface BindingBasis {
  readonly name: string;
  readonly span: Span;
  used: boolean;
}

export interface TaskBinding extends BindingBasis {
  readonly kind: 'task';
}

/** `index` counts parameters, or slots. */
export interface ValueBinding extends BindingBasis {
  readonly kind: 'parameter' | 'slot';
  readonly index: number;
  readonly type: ValueType;
}

export class CheckContext {
  readonly source: string;
  readonly capabilities: Capabilities;
  readonly diagnostics: DiagnosticList;
  readonly parameters: CheckedParameter[] = [];
  /** Ranges of number slots, for `value-range.ts`. */
  readonly slots = new Map<number, ValueRange>();
  /** As the parser left the program: see `ProgramNode`. What was left out may use a name, or be what a place depends on. */
  isWhole = true;
  bracesMatch = true;
  /** For misspelt ones; the first may stand where an action is expected outside a loop. */
  readonly outerActionNames: KnownNames;
  readonly actionNames: KnownNames;
  readonly fieldNames: KnownNames;
  readonly #scopes: Map<string, Binding>[] = [new Map()];
  readonly #tasks: TaskBinding[] = [];
  #slotCount = 0;

  constructor(source: string, capabilities: Capabilities, diagnostics: DiagnosticList) {
    this.source = source;
    this.capabilities = capabilities;
    this.diagnostics = diagnostics;
    const actions = capabilities.actions.map(({ name }) => name);
    this.actionNames = new KnownNames(actions);
    this.outerActionNames = new KnownNames([...actions, 'REPORT_METRICS_EVERY']);
    this.fieldNames = new KnownNames(capabilities.fields.map(({ name }) => name));
  }

  get slotCount(): number {
    return this.#slotCount;
  }

  newSlot(): number {
    this.#slotCount += 1;
    return this.#slotCount - 1;
  }

  find(name: string): Binding | undefined {
    return this.#scopes.map((scope) => scope.get(name)).findLast((binding) => binding !== undefined);
  }

  /** The task of the innermost loop around, if there is one. */
  currentTask(): TaskBinding | undefined {
    return this.#tasks.at(-1);
  }

  visible(): Binding[] {
    return this.#scopes.flatMap((scope) => [...scope.values()]);
  }

  /** Makes a name known until the scope ends; a name that is visible already is reported and keeps its meaning. */
  declare(binding: Binding): void {
    const taken = this.find(binding.name);
    if (taken !== undefined) {
      this.diagnostics.add({
        code: 'DN015',
        message: `the name ${binding.name} is already taken`,
        span: binding.span,
        hint: 'choose another name; names do not hide each other',
        related: [{ span: taken.span, message: 'it is given here' }],
      });
      return;
    }
    this.#scopes.at(-1)?.set(binding.name, binding);
    if (binding.kind === 'task') this.#tasks.push(binding);
  }

  /** Runs `check` with names of its own, then warns about those it never used. */
  scoped<Result>(check: () => Result): Result {
    this.#scopes.push(new Map());
    const tasks = this.#tasks.length;
    const result = check();
    this.#tasks.length = tasks;
    this.#warnUnused(this.#scopes.pop());
    return result;
  }

  /** The source of a place as it stands, for edits. */
  exactText({ offset, length }: Span): string {
    return this.source.slice(offset, offset + length);
  }

  /** The source of a place, cut short for messages. */
  textAt(span: Span): string {
    const written = this.source.slice(span.offset, span.offset + span.length).replaceAll(/\s+/g, ' ');
    return written.length > 40 ? `${written.slice(0, 39)}…` : written;
  }

  /** The end of what stands before a place on its line. */
  textBefore({ offset, column }: Span): string {
    return this.source.slice(Math.max(offset - (column - 1), offset - 60), offset);
  }

  /** Says when a name cannot be given to anything. */
  refuseReserved({ name, span }: NameNode): void {
    if (!name.startsWith('__')) return;
    this.diagnostics.add({ code: 'DN015', message: `names that begin with __ are reserved: ${name}`, span });
  }

  #isTuned({ kind, index }: ValueBinding): boolean {
    const parameter = kind === 'parameter' ? this.parameters[index] : undefined;
    return parameter !== undefined && parameter.min !== parameter.max;
  }

  #warnUnused(scope: Map<string, Binding> | undefined): void {
    if (!this.isWhole) return;
    for (const binding of scope?.values() ?? []) {
      if (binding.used || binding.kind === 'task') continue;
      this.diagnostics.add({
        code: 'DN040',
        message: `${binding.name} is never used`,
        span: binding.span,
        hint: this.#isTuned(binding) ? 'a governor would tune it in vain' : 'remove it',
      });
    }
  }
}
