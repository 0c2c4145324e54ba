/**
 * All passes of the compiler, in order. Each takes a checked program and gives one that means the same and does less; none
 * depends on anything but the program, so the same source gives the same bytes. The last one works on instructions.
 */
import type { CheckedProgram } from '../../language/checked-tree.js';
import type { EmittedInstruction } from '../emitter.js';
import { foldConstants } from './fold-constants.js';
import { hoistInvariants } from './hoist-invariants.js';
import { mergeSetGet } from './merge-set-get.js';
import { predicateEffects } from './predicate-effects.js';
import { removeDeadCode } from './remove-dead-code.js';
import { shareValues } from './share-values.js';
import { whereAsIf } from './where-as-if.js';

export interface Pass {
  /** Also the name of its file. */
  readonly name: string;
  readonly does: string;
  /** What it relies on that earlier passes have done. */
  readonly needs: string;
  readonly run: (program: CheckedProgram) => CheckedProgram;
}

export const passes: readonly Pass[] = [
  {
    name: 'where-as-if',
    does: 'turns WHERE into an IF around the body of the loop',
    needs: 'nothing',
    run: whereAsIf,
  },
  {
    name: 'fold-constants',
    does: 'calculates what is known before the program runs',
    needs: 'nothing',
    run: foldConstants,
  },
  {
    name: 'remove-dead-code',
    does: 'leaves out branches that never run, loops without effects, LETs that nothing reads',
    needs: 'constant conditions are folded, so that they are seen',
    run: removeDeadCode,
  },
  {
    name: 'hoist-invariants',
    does: 'calculates once a run what is the same for every task',
    needs: 'constants are folded already',
    run: hoistInvariants,
  },
  {
    name: 'predicate-effects',
    does: 'writes the effects of a short IF without a branch, where that pays',
    needs: 'WHERE is an IF',
    run: predicateEffects,
  },
  {
    name: 'share-values',
    does: 'loads each field once per task, and calculates common parts once',
    needs: 'conditions stand beside the effects that they decide over',
    run: shareValues,
  },
];

export const instructionPasses = [
  {
    name: 'merge-set-get',
    does: 'keeps on the stack what is put into a local and read from it at once',
    needs: 'the locals have their final numbers',
    run: mergeSetGet,
  },
] as const satisfies readonly (Omit<Pass, 'run'> & {
  readonly run: (instructions: readonly EmittedInstruction[]) => EmittedInstruction[];
})[];

export function runPasses(program: CheckedProgram): CheckedProgram {
  return passes.reduce((passed, { run }) => run(passed), program);
}

export function runInstructionPasses(instructions: readonly EmittedInstruction[]): EmittedInstruction[] {
  return instructionPasses.reduce<EmittedInstruction[]>((passed, { run }) => run(passed), [...instructions]);
}
