/**
 * Runs the decoded instructions of a program one by one and counts what each task really cost: the measure that the
 * verifier's bounds are held against. It has its own idea of every instruction, so it also says whether the engine's
 * result is right.
 */
import { type DecodedInstruction, decodeModule } from '../../src/core/bytecode/decode-module.js';
import { type OpcodeName, opcodeOf } from '../../src/core/bytecode/opcodes.js';

export interface CountedRun {
  readonly costPerRow: readonly number[];
  readonly effects: number;
  /** As the run left it. */
  readonly memory: DataView;
}

/** `fill` writes parameters and columns into the memory before the run. */
export function countedRun(
  bytes: Uint8Array,
  rows: number,
  memoryBytes: number,
  fill: (memory: DataView) => void,
): CountedRun {
  const { instructions, i32Locals, f64Locals } = decodeModule(bytes);
  const memory = new DataView(new ArrayBuffer(memoryBytes));
  fill(memory);
  const locals = new Array<number>(1 + i32Locals + f64Locals).fill(0);
  locals[0] = rows;
  const machine: Machine = { memory, stack: [], locals };
  const costPerRow = execute(stepsOf(instructions), machine, rows);
  return { costPerRow, effects: machine.stack[0] as number, memory };
}

interface Machine {
  readonly memory: DataView;
  readonly stack: number[];
  readonly locals: number[];
}

interface Step {
  readonly name: OpcodeName;
  readonly cost: number;
  readonly immediate: number;
  /** Of an if or else, where its branch ends; of an end, whether a loop ends there. */
  readonly end: number;
  readonly endsLoop: boolean;
  readonly operate: Operation | undefined;
}

type Operation = (machine: Machine, immediate: number) => void;

function stepsOf(instructions: readonly DecodedInstruction[]): Step[] {
  const ends = new Map<number, number>();
  const loopEnds = new Set<number>();
  const open: number[] = [];
  for (const [index, { name }] of instructions.entries()) {
    if (name === 'else') ends.set(open.splice(-1, 1, index)[0] as number, index);
    else if (name === 'end' && open.length > 0) {
      const start = open.pop() as number;
      ends.set(start, index);
      if (instructions[start]?.name === 'loop') loopEnds.add(index);
    } else if (opcodeOf(name).immediate === 'void-block') open.push(index);
  }
  return instructions.map(({ name, immediate }, index) => {
    const end = ends.get(index) ?? -1;
    const { cost } = opcodeOf(name);
    return { name, cost, immediate, end, endsLoop: loopEnds.has(index), operate: operations.get(name) };
  });
}

/** Outside loops nothing is counted; inside, the cost is the current row's. */
function execute(steps: readonly Step[], machine: Machine, rows: number): number[] {
  const { stack, locals } = machine;
  const costPerRow = new Array<number>(rows).fill(0);
  const labels: number[] = [];
  let row = -1;
  for (let at = 0; at < steps.length; at += 1) {
    const step = steps[at] as Step;
    if (row >= 0) costPerRow[row] = (costPerRow[row] as number) + step.cost;
    if (step.operate !== undefined) {
      step.operate(machine, step.immediate);
      continue;
    }
    switch (step.name) {
      case 'block':
        labels.push(at);
        break;
      case 'loop':
        labels.push(at);
        row = locals[1] as number;
        break;
      case 'if':
        if (stack.pop() === 0) at = step.end;
        if (steps[at]?.name !== 'end') labels.push(at);
        break;
      case 'else':
        labels.pop();
        at = step.end;
        break;
      case 'end':
        labels.pop();
        if (step.endsLoop) row = -1;
        break;
      case 'br_if': {
        if (stack.pop() === 0) break;
        const target = labels.at(-1) as number;
        if (steps[target]?.name === 'loop') {
          at = target;
          row = locals[1] as number;
        } else at = (steps[labels.pop() as number] as Step).end;
        break;
      }
      default:
        throw new Error(`the counting machine does not know ${step.name}`);
    }
  }
  return costPerRow;
}

const operations: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['local.get', ({ stack, locals }, immediate) => stack.push(locals[immediate] as number)],
  [
    'local.set',
    ({ stack, locals }, immediate) => {
      locals[immediate] = stack.pop() as number;
    },
  ],
  [
    'local.tee',
    ({ stack, locals }, immediate) => {
      locals[immediate] = stack.at(-1) as number;
    },
  ],
  [
    'f64.load',
    ({ stack, memory }, immediate) =>
      stack.push(memory.getFloat64((stack.pop() as number) + immediate, true)),
  ],
  [
    'i32.store',
    ({ stack, memory }, immediate) => {
      const value = stack.pop() as number;
      memory.setUint32((stack.pop() as number) + immediate, value, true);
    },
  ],
  [
    'f64.store',
    ({ stack, memory }, immediate) => {
      const value = stack.pop() as number;
      memory.setFloat64((stack.pop() as number) + immediate, value, true);
    },
  ],
  ['i32.const', ({ stack }, immediate) => stack.push(immediate)],
  ['f64.const', ({ stack }, immediate) => stack.push(immediate)],
  ['i32.eqz', ({ stack }) => stack.push(stack.pop() === 0 ? 1 : 0)],
  ['f64.abs', ({ stack }) => stack.push(Math.abs(stack.pop() as number))],
  ['f64.neg', ({ stack }) => stack.push(-(stack.pop() as number))],
  binary('i32.lt_u', (left, right) => Number(left < right)),
  binary('i32.add', (left, right) => left + right),
  binary('i32.sub', (left, right) => left - right),
  binary('i32.and', (left, right) => left & right),
  binary('i32.or', (left, right) => left | right),
  binary('i32.shl', (left, right) => left << right),
  binary('i32.shr_u', (left, right) => left >>> right),
  binary('f64.eq', (left, right) => Number(left === right)),
  binary('f64.ne', (left, right) => Number(left !== right)),
  binary('f64.lt', (left, right) => Number(left < right)),
  binary('f64.gt', (left, right) => Number(left > right)),
  binary('f64.le', (left, right) => Number(left <= right)),
  binary('f64.ge', (left, right) => Number(left >= right)),
  binary('f64.add', (left, right) => left + right),
  binary('f64.sub', (left, right) => left - right),
  binary('f64.mul', (left, right) => left * right),
  binary('f64.div', (left, right) => left / right),
  binary('f64.min', (left, right) => Math.min(left, right)),
  binary('f64.max', (left, right) => Math.max(left, right)),
]);

function binary(name: string, apply: (left: number, right: number) => number): [string, Operation] {
  return [
    name,
    ({ stack }) => {
      const right = stack.pop() as number;
      stack.push(apply(stack.pop() as number, right));
    },
  ];
}
