/**
 * Runs the decoded instructions of a program one by one and counts what each task really cost: the measure that the
 * verifier's bounds are held against.
 */
import { type DecodedInstruction, decodeModule } from '../../src/core/bytecode/decode-module.js';
import { opcodeOf } from '../../src/core/bytecode/opcodes.js';

export interface CountedRun {
  readonly costPerRow: readonly number[];
  readonly effects: number;
}

/** `fill` writes parameters and columns into the memory before the run. */
export function countedRun(
  bytes: Uint8Array,
  rows: number,
  memoryBytes: number,
  fill: (memory: DataView) => void,
) {
  const { instructions } = decodeModule(bytes);
  const memory = new DataView(new ArrayBuffer(memoryBytes));
  fill(memory);
  const machine: Machine = {
    instructions,
    ends: matchingEnds(instructions),
    memory,
    stack: [],
    locals: [rows],
    costPerRow: new Array<number>(rows).fill(0),
  };
  execute(machine);
  return { costPerRow: machine.costPerRow, effects: machine.stack[0] as number } satisfies CountedRun;
}

interface Machine {
  readonly instructions: readonly DecodedInstruction[];
  /** For every if and else: where its branch ends. For every end: the loop that it closes, if it closes one. */
  readonly ends: ReadonlyMap<number, number>;
  readonly memory: DataView;
  readonly stack: number[];
  readonly locals: number[];
  readonly costPerRow: number[];
}

function matchingEnds(instructions: readonly DecodedInstruction[]): Map<number, number> {
  const ends = new Map<number, number>();
  const open: number[] = [];
  for (const [index, { name }] of instructions.entries()) {
    if (name === 'else') ends.set(open.splice(-1, 1, index)[0] as number, index);
    else if (name === 'end' && open.length > 0) ends.set(open.pop() as number, index);
    else if (opcodeOf(name).immediate === 'void-block') open.push(index);
  }
  return ends;
}

function execute(machine: Machine): void {
  const { instructions, ends, stack, locals, costPerRow } = machine;
  const labels: number[] = [];
  let row: number | undefined;
  for (let at = 0; at < instructions.length; at += 1) {
    const { name, immediate } = instructions[at] as DecodedInstruction;
    if (row !== undefined) costPerRow[row] = (costPerRow[row] ?? 0) + opcodeOf(name).cost;
    switch (name) {
      case 'block':
        labels.push(at);
        break;
      case 'loop':
        labels.push(at);
        row = locals[1] ?? 0;
        break;
      case 'if':
        if (stack.pop() === 0) at = ends.get(at) as number;
        else labels.push(at);
        if (instructions[at]?.name === 'else') labels.push(at);
        break;
      case 'else':
        labels.pop();
        at = ends.get(at) as number;
        break;
      case 'end':
        if (instructions[labels.pop() ?? -1]?.name === 'loop') row = undefined;
        break;
      case 'br_if':
        if (stack.pop() === 0) break;
        at = labels.at(-1) as number;
        if (instructions[at]?.name === 'loop') row = locals[1] ?? 0;
        else at = ends.get(labels.pop() as number) as number;
        break;
      default:
        operate(machine, name, immediate);
    }
  }
}

function operate(
  { stack, locals, memory }: Machine,
  name: DecodedInstruction['name'],
  immediate: number,
): void {
  const pop = (): number => stack.pop() as number;
  const binary = (apply: (left: number, right: number) => number): void => {
    const right = pop();
    stack.push(apply(pop(), right));
  };
  switch (name) {
    case 'local.get':
      stack.push(locals[immediate] ?? 0);
      return;
    case 'local.set':
      locals[immediate] = pop();
      return;
    case 'local.tee':
      locals[immediate] = stack.at(-1) as number;
      return;
    case 'f64.load':
      stack.push(memory.getFloat64(pop() + immediate, true));
      return;
    case 'i32.store':
      store32(memory, stack, immediate);
      return;
    case 'f64.store': {
      const value = pop();
      memory.setFloat64(pop() + immediate, value, true);
      return;
    }
    case 'i32.const':
    case 'f64.const':
      stack.push(immediate);
      return;
    case 'i32.eqz':
      stack.push(pop() === 0 ? 1 : 0);
      return;
    case 'f64.abs':
      stack.push(Math.abs(pop()));
      return;
    case 'f64.neg':
      stack.push(-pop());
      return;
    default: {
      const apply = binaryOperations[name];
      if (apply === undefined) throw new Error(`the counting machine does not know ${name}`);
      binary(apply);
    }
  }
}

function store32(memory: DataView, stack: number[], offset: number): void {
  const value = stack.pop() as number;
  memory.setUint32((stack.pop() as number) + offset, value, true);
}

const binaryOperations: Readonly<Record<string, (left: number, right: number) => number>> = {
  'i32.lt_u': (left, right) => Number(left < right),
  'i32.add': (left, right) => left + right,
  'i32.sub': (left, right) => left - right,
  'i32.and': (left, right) => left & right,
  'i32.or': (left, right) => left | right,
  'i32.shl': (left, right) => left << right,
  'i32.shr_u': (left, right) => left >>> right,
  'f64.eq': (left, right) => Number(left === right),
  'f64.ne': (left, right) => Number(left !== right),
  'f64.lt': (left, right) => Number(left < right),
  'f64.gt': (left, right) => Number(left > right),
  'f64.le': (left, right) => Number(left <= right),
  'f64.ge': (left, right) => Number(left >= right),
  'f64.add': (left, right) => left + right,
  'f64.sub': (left, right) => left - right,
  'f64.mul': (left, right) => left * right,
  'f64.div': (left, right) => left / right,
  'f64.min': (left, right) => Math.min(left, right),
  'f64.max': (left, right) => Math.max(left, right),
};
