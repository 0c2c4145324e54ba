/** The compiler's passes in order: each takes a checked program and gives one that means the same and does less. */
import type { CheckedProgram } from '../../language/checked-tree.js';
import { foldConstants } from './fold-constants.js';
import { removeDeadCode } from './remove-dead-code.js';

/**
 * What follows them, while instructions are written: fields are read once where all their uses follow (`field-reads.ts`)
 * and single effects are written without branches (`lower-statement.ts`).
 */
export function runPasses(program: CheckedProgram): CheckedProgram {
  return removeDeadCode(foldConstants(program));
}
