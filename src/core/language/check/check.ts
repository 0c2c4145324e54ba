/** Syntax tree in, checked tree out: names resolved, units checked, limits held. Reports everything it finds. */

import { actionByName } from '../capabilities.js';
import type { CheckedLet, CheckedLoop, CheckedProgram } from '../checked-tree.js';
import { effectsPerTask } from '../effects-per-task.js';
import { languageLimits } from '../limits.js';
import type { CallNode, IfNode, ProgramNode, StatementNode } from '../syntax/tree.js';
import { reportUnknownAction } from './check-call.js';
import type { CheckContext } from './check-context.js';
import { checkParameters } from './check-parameters.js';
import { checkInterval, checkLet, checkLoop } from './check-statement.js';

/** The result means something only when no error was reported. */
export function check(program: ProgramNode, context: CheckContext): CheckedProgram {
  return context.scoped(() => {
    context.isWhole = program.isWhole;
    context.bracesMatch = program.bracesMatch;
    context.refuseReserved(program.name);
    checkParameters(program.parameters, context);
    const top: TopLevel = { lets: [], loops: [], reportIntervalMs: undefined };
    for (const statement of program.body) {
      if (context.diagnostics.isFull) break;
      checkTopLevel(statement, top, context);
    }
    checkLimits(program, top, context);
    const { name } = program.name;
    return { name, source: context.source, parameters: context.parameters, slots: context.slotCount, ...top };
  });
}

interface TopLevel {
  readonly lets: CheckedLet[];
  readonly loops: CheckedLoop[];
  reportIntervalMs: number | undefined;
}

function checkTopLevel(statement: StatementNode, top: TopLevel, context: CheckContext): void {
  switch (statement.kind) {
    case 'loop': {
      top.loops.push(checkLoop(statement, context));
      return;
    }
    case 'let': {
      const checked = checkLet(statement, context);
      if (checked !== undefined) top.lets.push(checked);
      return;
    }
    case 'report': {
      if (top.reportIntervalMs !== undefined) reportTwice(statement, context);
      top.reportIntervalMs = checkInterval(statement, context) ?? top.reportIntervalMs;
      return;
    }
    case 'block':
      return;
    case 'if':
    case 'call':
      reportOutsideLoop(statement, context);
      return;
    default:
      statement satisfies never;
  }
}

function reportOutsideLoop(statement: IfNode | CallNode, context: CheckContext): void {
  const isCall = statement.kind === 'call';
  if (isCall && actionByName(context.capabilities, statement.action.name) === undefined) {
    reportUnknownAction(statement, context, context.outerActionNames);
    return;
  }
  if (!context.bracesMatch) return;
  context.diagnostics.add({
    code: 'DN017',
    message: `${isCall ? statement.action.name : 'IF'} stands outside a loop`,
    span: isCall ? statement.action.span : { ...statement.span, length: 2 },
    hint: 'put it into FOR EACH task IN task_queue { … }: programs decide task by task',
  });
}

function reportTwice(statement: StatementNode, context: CheckContext): void {
  context.diagnostics.add({
    code: 'DN017',
    message: 'REPORT_METRICS_EVERY stands here a second time',
    span: statement.span,
    hint: 'a program has one interval; remove one of them',
  });
}

function checkLimits(program: ProgramNode, top: TopLevel, context: CheckContext): void {
  const { loopsMax, letsMax, effectsPerTaskMax } = languageLimits;
  const effects = effectsPerTask(top.loops);
  const exceeded = [
    { what: 'loops', count: top.loops.length, most: loopsMax },
    { what: 'LETs', count: context.slotCount, most: letsMax },
    { what: 'effects on one task', count: effects, most: effectsPerTaskMax },
  ].filter(({ count, most }) => count > most);
  for (const { what, count, most } of exceeded) {
    context.diagnostics.add({
      code: 'DN011',
      message: `${count} ${what}, but a program has at most ${most}`,
      span: program.name.span,
      hint: 'split the program in two',
    });
  }
  if (effects > 0 || context.diagnostics.hasErrors) return;
  context.diagnostics.add({
    code: 'DN044',
    message: 'this program has no effect on any task',
    span: program.name.span,
    hint: 'apply an action to a task inside FOR EACH task IN task_queue { … }',
  });
}
