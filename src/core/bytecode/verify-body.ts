/**
 * The instructions of `run` in, bounds that hold for every task out. Runs the code once over kinds of values instead of
 * values: a stack of "number", "truth", "row", "pointer" … on which each instruction has one rule.
 *
 * What it makes sure of: the code is straight-line but for IF and the one counted loop; only parameters and columns of
 * the current row are read; only the current effect record is written, whole, with an action that the manifest names;
 * the pointer moves on by one record at a time.
 */
import { Malformed } from './byte-reader.js';
import type { DecodedInstruction, DecodedModule } from './decode-module.js';
import { localPointer, localRow, localRows } from './emitter.js';
import type { MemoryLayout } from './layout.js';
import { bytecodeLimits } from './limits.js';
import { type OpcodeName, opcodeOf } from './opcodes.js';
import type { VerifyCode } from './verify-codes.js';
import { ValueStack } from './verify-stack.js';

export interface BodyContext {
  readonly layout: MemoryLayout;
  readonly actionCodes: ReadonlySet<number>;
}

export interface Bounds {
  readonly costPerTask: { readonly min: number; readonly max: number };
  readonly effectsPerTaskMax: number;
}

export function verifyBody(module: DecodedModule, context: BodyContext): Bounds {
  const walk = new Walk(module, context);
  while (!walk.takes(resultForm(context.layout))) {
    if (walk.takes(loopHeadForm)) walkLoop(walk);
    else walk.step('outside');
  }
  walk.requireEnd();
  return walk.bounds();
}

function walkLoop(walk: Walk): void {
  walk.beginLoop();
  while (!walk.takes(loopTailForm)) walk.step('inside');
  walk.endLoop();
}

type Form = readonly (readonly [OpcodeName, number])[];

const loopHeadForm: Form = [
  ['i32.const', 0],
  ['local.set', localRow],
  ['block', 0],
  ['local.get', localRows],
  ['i32.eqz', 0],
  ['br_if', 0],
  ['loop', 0],
];

const loopTailForm: Form = [
  ['local.get', localRow],
  ['i32.const', 1],
  ['i32.add', 0],
  ['local.tee', localRow],
  ['local.get', localRows],
  ['i32.lt_u', 0],
  ['br_if', 0],
  ['end', 0],
  ['end', 0],
];

function resultForm(layout: MemoryLayout): Form {
  return [
    ['local.get', localPointer],
    ['i32.const', layout.effectsAt],
    ['i32.sub', 0],
    ['i32.const', 4],
    ['i32.shr_u', 0],
    ['end', 0],
  ];
}

/** What can happen between the start of a branch and here. */
interface Path {
  costMin: number;
  costMax: number;
  effectsMax: number;
  /** Which parts of the current record are written: 1 action, 2 row, 4 argument. */
  written: number;
}

interface OpenIf {
  readonly before: Path;
  /** Set once the ELSE has begun. */
  readonly whenTrue: Path | undefined;
}

const wholeRecord = 7;

class Walk {
  readonly #code: readonly DecodedInstruction[];
  readonly #stack: ValueStack;
  readonly #actionCodes: ReadonlySet<number>;
  readonly #total = { costMin: 0, costMax: 0, effectsMax: 0 };
  readonly #open: OpenIf[] = [];
  #path = newPath();
  #at = 0;
  #pointerIsSet = false;

  constructor(module: DecodedModule, context: BodyContext) {
    this.#code = module.instructions;
    this.#stack = new ValueStack(module, context.layout);
    this.#actionCodes = context.actionCodes;
  }

  bounds(): Bounds {
    const { costMin, costMax, effectsMax } = this.#total;
    return { costPerTask: { min: costMin, max: costMax }, effectsPerTaskMax: effectsMax };
  }

  /** Goes past a fixed form if it stands here, between statements. */
  takes(form: Form): boolean {
    const stands = form.every(([name, immediate], index) => {
      const instruction = this.#code[this.#at + index];
      return instruction?.name === name && instruction.immediate === immediate;
    });
    if (!stands || !this.#stack.isEmpty || this.#open.length > 0) return false;
    this.#at += form.length;
    return true;
  }

  requireEnd(): void {
    if (this.#at !== this.#code.length) throw this.#refuse('DN106', 'something follows the result');
    if (!this.#pointerIsSet) throw this.#refuse('DN106', 'the effect pointer is never set');
  }

  beginLoop(): void {
    if (!this.#pointerIsSet) throw this.#refuse('DN106', 'a loop begins before the effect pointer is set');
    this.#path = newPath();
  }

  endLoop(): void {
    const tail = loopTailForm.reduce((sum, [name]) => sum + opcodeOf(name).cost, 0);
    this.#total.costMin += this.#path.costMin + tail;
    this.#total.costMax += this.#path.costMax + tail;
    this.#total.effectsMax += this.#path.effectsMax;
    if (this.#total.effectsMax > bytecodeLimits.effectsPerTaskMax) {
      throw new Malformed('DN111', `more than ${bytecodeLimits.effectsPerTaskMax} effects per task`);
    }
  }

  step(where: 'inside' | 'outside'): void {
    const instruction = this.#code[this.#at];
    if (instruction === undefined) throw new Malformed('DN106', 'the function ends without its result');
    this.#at += 1;
    this.#spend(opcodeOf(instruction.name).cost);
    this.#apply(instruction, where);
  }

  #apply(instruction: DecodedInstruction, where: 'inside' | 'outside'): void {
    const { name, immediate } = instruction;
    const { family } = opcodeOf(name);
    if (family === 'structure' || family === 'branch') this.#structure(instruction, where);
    else if (family === 'store') this.#store(instruction, where);
    else if (family === 'local-set' && immediate === localPointer) this.#setPointer(instruction, where);
    else this.#stack.apply(instruction, where);
  }

  /** IF, ELSE and END of statements; everything else that marks structure belongs to the fixed forms. */
  #structure(instruction: DecodedInstruction, where: 'inside' | 'outside'): void {
    const { name } = instruction;
    if (where === 'outside') throw this.#refuse('DN106', `${name} stands outside a loop`);
    if (name === 'if') this.#stack.popKind('truth');
    if (!this.#stack.isEmpty) throw this.#refuse('DN106', `${name} stands within an expression`);
    if (name === 'if') this.#beginIf();
    else if (name === 'else') this.#beginElse();
    else if (name === 'end') this.#endIf();
    else throw this.#refuse('DN106', `${name} stands outside its one form`);
  }

  #beginIf(): void {
    if (this.#open.length >= bytecodeLimits.nestingDepthMax) throw this.#refuse('DN111', 'nested too deeply');
    this.#open.push({ before: this.#path, whenTrue: undefined });
    this.#path = newPath(this.#path.written);
  }

  #beginElse(): void {
    const open = this.#open.pop();
    if (open === undefined || open.whenTrue !== undefined)
      throw this.#refuse('DN106', 'an else belongs to no if');
    this.#open.push({ before: open.before, whenTrue: this.#path });
    this.#path = newPath(open.before.written);
  }

  #endIf(): void {
    const open = this.#open.pop();
    if (open === undefined) throw this.#refuse('DN106', 'an end belongs to no if');
    const other = open.whenTrue ?? newPath(open.before.written);
    this.#path = {
      costMin: open.before.costMin + Math.min(this.#path.costMin, other.costMin),
      costMax: open.before.costMax + Math.max(this.#path.costMax, other.costMax),
      effectsMax: open.before.effectsMax + Math.max(this.#path.effectsMax, other.effectsMax),
      written: this.#path.written & other.written,
    };
  }

  #store({ name, immediate }: DecodedInstruction, where: 'inside' | 'outside'): void {
    if (where === 'outside') throw this.#refuse('DN107', 'memory is written outside a loop');
    const value = this.#stack.pop();
    this.#stack.popKind('pointer');
    if (name === 'i32.store' && immediate === 0 && value.kind === 'constant')
      this.#requireAction(value.value);
    else if (name === 'i32.store' && immediate === 4 && value.kind === 'row') this.#mark(2);
    else if (name === 'f64.store' && immediate === 8 && value.kind === 'number') this.#mark(4);
    else
      throw this.#refuse(
        'DN107',
        `${name} of a ${value.kind} at offset ${immediate} is no part of an effect record`,
      );
  }

  #requireAction(code: number): void {
    if (!this.#actionCodes.has(code)) throw this.#refuse('DN108', `the manifest names no action ${code}`);
    this.#mark(1);
  }

  #mark(part: number): void {
    this.#path.written |= part;
  }

  #setPointer({ name }: DecodedInstruction, where: 'inside' | 'outside'): void {
    if (name === 'local.tee') throw this.#refuse('DN106', 'the effect pointer is set within an expression');
    const value = this.#stack.pop();
    if (where === 'outside') {
      const starts = value.kind === 'constant' && value.value === this.#stack.layout.effectsAt;
      if (!starts || this.#pointerIsSet) throw this.#refuse('DN106', 'the effect pointer starts elsewhere');
      this.#pointerIsSet = true;
      return;
    }
    if (value.kind !== 'advanced-pointer')
      throw this.#refuse('DN108', 'the effect pointer moves by something else');
    if (this.#path.written !== wholeRecord)
      throw this.#refuse('DN108', 'an effect is counted before it is whole');
    // A copy of the old pointer left on the stack would be taken for the new one, and its record for the current one.
    if (!this.#stack.isEmpty) throw this.#refuse('DN106', 'the effect pointer is set within an expression');
    this.#path.effectsMax += 1;
    this.#path.written = 0;
  }

  #spend(cost: number): void {
    this.#path.costMin += cost;
    this.#path.costMax += cost;
  }

  #refuse(code: VerifyCode, reason: string): Malformed {
    return new Malformed(code, `${reason} (instruction ${this.#at - 1})`);
  }
}

function newPath(written = 0): Path {
  return { costMin: 0, costMax: 0, effectsMax: 0, written };
}
