/**
 * Turns the WHERE of a loop into an IF around its body, so that no later pass has to know both.
 *
 *     FOR EACH t IN task_queue WHERE c { body }   →   FOR EACH t IN task_queue { IF c THEN { body } }
 */
import type { CheckedLoop, CheckedProgram } from '../../language/checked-tree.js';

export function whereAsIf(program: CheckedProgram): CheckedProgram {
  return { ...program, loops: program.loops.map(withoutWhere) };
}

function withoutWhere(loop: CheckedLoop): CheckedLoop {
  const { where, body, span } = loop;
  if (where === undefined) return loop;
  return {
    where: undefined,
    body: [{ kind: 'if', condition: where, whenTrue: body, whenFalse: [], span }],
    span,
  };
}
