/**
 * Writes the effects of a short IF without a branch: each record is always written, and counts only when the condition
 * holds (`when`), so that conditions that nobody can predict cost no mispredicted branch.
 *
 *     IF a THEN { E(task) IF b THEN F(task) }   →   E(task) when a, F(task) when a AND b
 *
 * Where that pays, measured on random tasks (ns per task; a branch, and none): one effect 4.5 and 1.9 when the condition
 * holds half the time, 1.1 and 0.9 when it hardly ever does; three effects 4.3 and 1.6, 0.6 and 1.5; six 4.8 and 2.7, 0.7
 * and 2.6. So up to three effects with cheap arguments. An IF with ELSE keeps its branch: without one, the verifier could
 * not see that only one side counts, and its bound on effects would be looser than the program.
 */
import type {
  CheckedEffect,
  CheckedIf,
  CheckedProgram,
  CheckedStatement,
  ConditionExpression,
} from '../../language/checked-tree.js';
import { effectCost, expressionCost } from './expression-cost.js';

export function predicateEffects(program: CheckedProgram): CheckedProgram {
  return { ...program, loops: program.loops.map((loop) => ({ ...loop, body: predicated(loop.body) })) };
}

const effectsMax = 3;
/** Three effects with an argument and a comparison each. */
const instructionsMax = 60;

function predicated(statements: readonly CheckedStatement[]): CheckedStatement[] {
  return statements.flatMap((statement): CheckedStatement[] => {
    if (statement.kind !== 'if') return [statement];
    const { condition } = statement;
    const whenTrue = predicated(statement.whenTrue);
    const effects = whenTrue.filter((inner) => inner.kind === 'effect');
    if (!pays(statement, whenTrue, effects)) {
      return [{ ...statement, whenTrue, whenFalse: predicated(statement.whenFalse) }];
    }
    return effects.map((effect) => ({ ...effect, when: both(condition, effect.when) }));
  });
}

function pays(
  { whenFalse }: CheckedIf,
  whenTrue: readonly CheckedStatement[],
  effects: readonly CheckedEffect[],
): boolean {
  if (whenFalse.length > 0 || effects.length !== whenTrue.length || effects.length > effectsMax) return false;
  const instructions = effects.reduce((sum, effect) => {
    const when = effect.when === undefined ? 0 : expressionCost(effect.when);
    return sum + effectCost(effect) + expressionCost(effect.argument) + when;
  }, 0);
  return effects.length === 1 || instructions <= instructionsMax;
}

function both(outer: ConditionExpression, inner: ConditionExpression | undefined): ConditionExpression {
  if (inner === undefined) return outer;
  return { kind: 'and', left: outer, right: inner, span: inner.span };
}
