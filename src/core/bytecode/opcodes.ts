/**
 * The one opcode table: what the encoder may write, the disassembler can name and the verifier will accept.
 * An instruction that is not here is in no program of ours.
 */

/** What follows the opcode; `memory` is an alignment, fixed by the opcode, and an offset. */
export type ImmediateKind = 'none' | 'void-block' | 'local' | 'label' | 'memory' | 'i32' | 'f64';

/** How the verifier treats an instruction; `verify-body.ts` has one rule per family. */
export type OpcodeFamily =
  | 'structure'
  | 'branch'
  | 'local-get'
  | 'local-set'
  | 'load'
  | 'store'
  | 'constant'
  | 'i32-arithmetic'
  | 'truth-unary'
  | 'truth-binary'
  | 'number-comparison'
  | 'number-unary'
  | 'number-binary';

export interface Opcode {
  readonly code: number;
  readonly immediate: ImmediateKind;
  readonly family: OpcodeFamily;
  /** What it adds to the cost per task: 0 for what only marks structure. */
  readonly cost: 0 | 1;
  /** The alignment exponent of a memory access. */
  readonly align?: number;
}

export const opcodes = {
  block: { code: 0x02, immediate: 'void-block', family: 'structure', cost: 0 },
  loop: { code: 0x03, immediate: 'void-block', family: 'structure', cost: 0 },
  if: { code: 0x04, immediate: 'void-block', family: 'structure', cost: 1 },
  else: { code: 0x05, immediate: 'none', family: 'structure', cost: 0 },
  end: { code: 0x0b, immediate: 'none', family: 'structure', cost: 0 },
  br_if: { code: 0x0d, immediate: 'label', family: 'branch', cost: 1 },
  'local.get': { code: 0x20, immediate: 'local', family: 'local-get', cost: 1 },
  'local.set': { code: 0x21, immediate: 'local', family: 'local-set', cost: 1 },
  'local.tee': { code: 0x22, immediate: 'local', family: 'local-set', cost: 1 },
  'f64.load': { code: 0x2b, immediate: 'memory', family: 'load', cost: 1, align: 3 },
  'i32.store': { code: 0x36, immediate: 'memory', family: 'store', cost: 1, align: 2 },
  'f64.store': { code: 0x39, immediate: 'memory', family: 'store', cost: 1, align: 3 },
  'i32.const': { code: 0x41, immediate: 'i32', family: 'constant', cost: 1 },
  'f64.const': { code: 0x44, immediate: 'f64', family: 'constant', cost: 1 },
  'i32.eqz': { code: 0x45, immediate: 'none', family: 'truth-unary', cost: 1 },
  'i32.lt_u': { code: 0x49, immediate: 'none', family: 'i32-arithmetic', cost: 1 },
  'f64.eq': { code: 0x61, immediate: 'none', family: 'number-comparison', cost: 1 },
  'f64.ne': { code: 0x62, immediate: 'none', family: 'number-comparison', cost: 1 },
  'f64.lt': { code: 0x63, immediate: 'none', family: 'number-comparison', cost: 1 },
  'f64.gt': { code: 0x64, immediate: 'none', family: 'number-comparison', cost: 1 },
  'f64.le': { code: 0x65, immediate: 'none', family: 'number-comparison', cost: 1 },
  'f64.ge': { code: 0x66, immediate: 'none', family: 'number-comparison', cost: 1 },
  'i32.add': { code: 0x6a, immediate: 'none', family: 'i32-arithmetic', cost: 1 },
  'i32.sub': { code: 0x6b, immediate: 'none', family: 'i32-arithmetic', cost: 1 },
  'i32.and': { code: 0x71, immediate: 'none', family: 'truth-binary', cost: 1 },
  'i32.or': { code: 0x72, immediate: 'none', family: 'truth-binary', cost: 1 },
  'i32.shl': { code: 0x74, immediate: 'none', family: 'i32-arithmetic', cost: 1 },
  'i32.shr_u': { code: 0x76, immediate: 'none', family: 'i32-arithmetic', cost: 1 },
  'f64.abs': { code: 0x99, immediate: 'none', family: 'number-unary', cost: 1 },
  'f64.neg': { code: 0x9a, immediate: 'none', family: 'number-unary', cost: 1 },
  'f64.add': { code: 0xa0, immediate: 'none', family: 'number-binary', cost: 1 },
  'f64.sub': { code: 0xa1, immediate: 'none', family: 'number-binary', cost: 1 },
  'f64.mul': { code: 0xa2, immediate: 'none', family: 'number-binary', cost: 1 },
  'f64.div': { code: 0xa3, immediate: 'none', family: 'number-binary', cost: 1 },
  'f64.min': { code: 0xa4, immediate: 'none', family: 'number-binary', cost: 1 },
  'f64.max': { code: 0xa5, immediate: 'none', family: 'number-binary', cost: 1 },
} as const satisfies Record<string, Opcode>;

export type OpcodeName = keyof typeof opcodes;

/** The same rows with the optional columns visible. */
export function opcodeOf(name: OpcodeName): Opcode {
  return opcodes[name];
}

const names: ReadonlyMap<number, OpcodeName> = new Map(
  Object.entries(opcodes).map(([name, { code }]) => [code, name as OpcodeName]),
);

export function opcodeNamed(code: number): OpcodeName | undefined {
  return names.get(code);
}

/** One instruction; `immediate` is 0 where there is none, and the offset of a memory access. */
export interface Instruction {
  readonly name: OpcodeName;
  readonly immediate: number;
}
