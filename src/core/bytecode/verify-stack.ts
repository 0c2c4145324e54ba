/** The stack of kinds of values on which `verify-body.ts` runs a function, with one rule per family of instructions. */
import { Malformed } from './byte-reader.js';
import type { DecodedInstruction, DecodedModule } from './decode-module.js';
import { localPointer, localRow } from './emitter.js';
import type { MemoryLayout } from './layout.js';
import { opcodeOf } from './opcodes.js';

/**
 * `truth` is an i32 that is 0 or 1; `row-offset` is the row times 8; `advance` is 0 or 16; an `advanced-pointer` is the
 * effect pointer plus 0 or 16.
 */
export type StackValue =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'number' | 'truth' | 'row' | 'row-offset' | 'pointer' | 'advance' | 'advanced-pointer' };

const number: StackValue = { kind: 'number' };
const truth: StackValue = { kind: 'truth' };

export class ValueStack {
  readonly layout: MemoryLayout;
  readonly #values: StackValue[] = [];
  /** Locals from here on hold numbers; those between the pointer and here hold truths. */
  readonly #firstNumber: number;
  readonly #locals: number;

  constructor(module: DecodedModule, layout: MemoryLayout) {
    this.layout = layout;
    this.#firstNumber = 1 + module.i32Locals;
    this.#locals = this.#firstNumber + module.f64Locals;
  }

  get isEmpty(): boolean {
    return this.#values.length === 0;
  }

  pop(): StackValue {
    const value = this.#values.pop();
    if (value === undefined) throw new Malformed('DN106', 'an instruction takes a value that is not there');
    return value;
  }

  popKind(kind: StackValue['kind']): void {
    const value = this.pop();
    if (value.kind !== kind) throw new Malformed('DN106', `a ${kind} is needed where a ${value.kind} is`);
  }

  /** Takes an instruction's operands and leaves its result. Stores, branches and the effect pointer are not handled here. */
  apply(instruction: DecodedInstruction, where: 'inside' | 'outside'): void {
    const result = this.#resultOf(instruction, where);
    if (result !== undefined) this.#values.push(result);
  }

  #resultOf(instruction: DecodedInstruction, where: 'inside' | 'outside'): StackValue | undefined {
    const { name, immediate } = instruction;
    const { family } = opcodeOf(name);
    switch (family) {
      case 'local-get':
        return this.#get(instruction, where);
      case 'local-set':
        return this.#set(instruction);
      case 'load':
        return this.#load(instruction);
      case 'constant':
        return name === 'f64.const' ? number : { kind: 'constant', value: immediate };
      case 'i32-arithmetic':
        return this.#address(instruction);
      case 'truth-unary':
        return this.#operate(['truth'], truth);
      case 'truth-binary':
        return this.#operate(['truth', 'truth'], truth);
      case 'number-comparison':
        return this.#operate(['number', 'number'], truth);
      case 'number-unary':
        return this.#operate(['number'], number);
      case 'number-binary':
        return this.#operate(['number', 'number'], number);
      case 'store':
      case 'structure':
      case 'branch':
        throw new Malformed('DN106', `${name} stands where no such instruction may`);
      default:
        return family satisfies never;
    }
  }

  #operate(operands: readonly StackValue['kind'][], result: StackValue): StackValue {
    for (const kind of operands) this.popKind(kind);
    return result;
  }

  #get({ immediate, offset }: DecodedInstruction, where: 'inside' | 'outside'): StackValue {
    if (immediate > localPointer) return this.#kindOf(immediate, offset);
    if (immediate === localRow && where === 'inside') return { kind: 'row' };
    if (immediate === localPointer && where === 'inside') return { kind: 'pointer' };
    throw new Malformed('DN106', `local ${immediate} is read outside its one form at ${offset}`);
  }

  #set({ name, immediate, offset }: DecodedInstruction): StackValue | undefined {
    if (immediate <= localPointer) throw new Malformed('DN106', `local ${immediate} is set at ${offset}`);
    const value = this.#kindOf(immediate, offset);
    this.popKind(value.kind);
    return name === 'local.tee' ? value : undefined;
  }

  #kindOf(local: number, offset: number): StackValue {
    if (local >= this.#locals) throw new Malformed('DN106', `there is no local ${local}, used at ${offset}`);
    return local >= this.#firstNumber ? number : truth;
  }

  #load({ immediate, offset }: DecodedInstruction): StackValue {
    const address = this.pop();
    const { parameters, columns, columnsAt, columnBytes } = this.layout;
    const isParameter = address.kind === 'constant' && address.value === 0;
    const readsParameter = isParameter && immediate % 8 === 0 && immediate < parameters * 8;
    const column = (immediate - columnsAt) / columnBytes;
    const readsColumn =
      address.kind === 'row-offset' && Number.isInteger(column) && column >= 0 && column < columns;
    if (!readsParameter && !readsColumn) {
      throw new Malformed('DN107', `the read at ${offset} is of no parameter and no column`);
    }
    return number;
  }

  /** Addresses: row << 3, truth << 4, pointer + 16, pointer + (truth << 4). Nothing else is calculated with i32. */
  #address({ name, offset }: DecodedInstruction): StackValue {
    const right = this.pop();
    const left = this.pop();
    const by = right.kind === 'constant' ? right.value : undefined;
    if (name === 'i32.shl' && left.kind === 'row' && by === 3) return { kind: 'row-offset' };
    if (name === 'i32.shl' && left.kind === 'truth' && by === 4) return { kind: 'advance' };
    const advances = right.kind === 'advance' || by === 16;
    if (name === 'i32.add' && left.kind === 'pointer' && advances) return { kind: 'advanced-pointer' };
    throw new Malformed('DN107', `${name} at ${offset} calculates no address`);
  }
}
