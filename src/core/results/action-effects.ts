/**
 * What is known by task in, one effect per action and metric out: what the action caused on the tasks that got it, what they
 * got besides taken off. Pure. Of tasks that got several actions, after = forecast · exp(Σ θ of its actions), fitted to totals
 * (`log-link.ts`), so each action is told by the sets of tasks it touched. Where agents of different `class` differ in it by
 * more than chance (Cochran's Q, Biometrics 10, 1954, 101), there is one for each class.
 */

import { actionByCode, dockerHost, referenceFleet } from '../language/capabilities.js';
import { hasAction } from '../nerve/messages/action-set.js';
import type { ActionEffect } from '../nerve/messages/result.js';
import { actionCodes, treatedRows } from './effect-model.js';
import { fitLogLink, type LogLinkFit, type RatioRows } from './log-link.js';
import { chiSquaredTail } from './significance.js';
import { dot, solverOf } from './symmetric.js';
import {
  intervalOf,
  type Noise,
  noiseOfForecast,
  type TaskLevel,
  type TaskLevelEstimate,
  together,
} from './task-level.js';
import type { ArmReport } from './window-reports.js';

const classLabel = 'class';
/** Below this the classes differ by more than chance. */
const differsBelow = 0.01;
/** Weak: it only keeps actions that always come together apart. */
const priorPrecision = 1e-6;

export function actionEffects(byTask: ReadonlyMap<string, TaskLevelEstimate>): ActionEffect[] {
  return [...byTask].flatMap(([metric, { level }]) => {
    const all = effectsAmong(level, metric, undefined);
    const classes = [...new Set(level.seen.agents.map(({ labels }) => labels[classLabel]))].sort();
    const byClass = classes.flatMap((name) => (name === undefined ? [] : effectsAmong(level, metric, name)));
    return all.flatMap((one) => {
      const own = byClass.filter(({ code }) => code === one.code);
      const name = nameOf(one.code, level.seen.agents);
      return (differ(own) ? own : [one]).map((effect) => shown(effect, name));
    });
  });
}

/** As the fleets that we bring along call it, if that is what these agents did. */
function nameOf(code: number, agents: readonly ArmReport[]): string | undefined {
  const fleet = agents.every(({ workload }) => workload === 'docker') ? dockerHost : referenceFleet;
  const name = actionByCode(fleet, code)?.name;
  const isDone = name !== undefined && agents.some(({ report }) => report.effects[name] !== undefined);
  return isDone ? name : undefined;
}

interface Effect extends ActionEffect {
  readonly log: number;
  readonly own: Noise;
}

function shown({ log: _log, own: _own, ...effect }: Effect, action: string | undefined): ActionEffect {
  return action === undefined ? effect : { ...effect, action };
}

/** Their own noise only: that of the forecast is the same for all classes. */
function differ(classes: readonly Effect[]): boolean {
  const known = classes.filter(({ own }) => own.variance !== null && own.variance > 0);
  if (known.length < 2 || known.length < classes.length) return false;
  const weights = known.map(({ own }) => 1 / (own.variance ?? 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = known.reduce((sum, { log }, at) => sum + log * (weights[at] ?? 0), 0) / total;
  const q = known.reduce((sum, { log }, at) => sum + (weights[at] ?? 0) * (log - mean) ** 2, 0);
  return chiSquaredTail(q, known.length - 1) < differsBelow;
}

function effectsAmong(level: TaskLevel, metric: string, name: string | undefined): Effect[] {
  const { seen, without } = level;
  const isMeant = ({ labels }: ArmReport) => name === undefined || labels[classLabel] === name;
  const touched = treatedRows(seen).filter((at) => {
    const agent = seen.agents[seen.agent[at] ?? 0];
    return (seen.actions[at] ?? 0) !== 0 && agent !== undefined && isMeant(agent);
  });
  const forecast = (at: number) => (seen.before[at] ?? 0) * (without.ratio[at] ?? 0);
  const total = touched.reduce((sum, at) => sum + forecast(at), 0);
  const codes = actionCodes(seen).filter((code) =>
    touched.some((at) => hasAction(seen.actions[at] ?? 0, code)),
  );
  const rows: RatioRows = {
    count: touched.length,
    design: codes.map((code) =>
      Float64Array.from(touched, (at) => (hasAction(seen.actions[at] ?? 0, code) ? 1 : 0)),
    ),
    ratio: Float64Array.from(touched, (at) => (seen.after[at] ?? 0) / forecast(at)),
    weight: Float64Array.from(touched, (at) => forecast(at) / total),
    offset: new Float64Array(touched.length),
  };
  const fit =
    codes.length === 0
      ? undefined
      : fitLogLink(
          rows,
          codes.map(() => priorPrecision),
        );
  const solve = fit && solverOf(fit.slope);
  if (fit === undefined || solve === undefined) return [];
  return codes.flatMap((code, at) => {
    const direction = solve(Float64Array.from(codes, (_, other) => (other === at ? 1 : 0)));
    const log = fit.coefficients[at] ?? 0;
    const own = ownNoise(level, touched, rows, fit, direction);
    const noise = together(own, forecastNoise(level, touched, rows, fit, direction));
    const had = touched.filter((row) => hasAction(seen.actions[row] ?? 0, code));
    return {
      ...{ code, metric, log, own, argument: meanArgument(level, had, code) },
      ...(name === undefined ? {} : { class: name }),
      agents: new Set(had.map((row) => seen.agent[row])).size,
      tasks: had.reduce((sum, row) => sum + (seen.tasks[row] ?? 0), 0),
      change: Math.expm1(log),
      interval: intervalOf({ log, ...noise }),
    };
  });
}

/** Of the treated tasks, with agents as clusters. */
function ownNoise(
  { seen }: TaskLevel,
  touched: readonly number[],
  rows: RatioRows,
  fit: LogLinkFit,
  direction: Float64Array,
): Noise {
  const byAgent = new Map<number, number>();
  for (const [row, at] of touched.entries()) {
    const pull = rows.design.reduce(
      (sum, column, which) => sum + (column[row] ?? 0) * (direction[which] ?? 0),
      0,
    );
    const off = (rows.weight[row] ?? 0) * ((rows.ratio[row] ?? 0) - (fit.fitted[row] ?? 0));
    const agent = seen.agent[at] ?? 0;
    byAgent.set(agent, (byAgent.get(agent) ?? 0) + pull * off);
  }
  const squares = [...byAgent.values()].reduce((sum, one) => sum + one ** 2, 0);
  const degrees = byAgent.size - rows.design.length;
  if (degrees < 1) return { variance: null, degrees: 0 };
  return { variance: (squares * byAgent.size) / degrees, degrees };
}

function forecastNoise(
  level: TaskLevel,
  touched: readonly number[],
  rows: RatioRows,
  fit: LogLinkFit,
  direction: Float64Array,
): Noise {
  const { design } = level.without;
  const gradient = new Float64Array(design.length);
  for (const [row, at] of touched.entries()) {
    const x = Float64Array.from(rows.design, (column) => column[row] ?? 0);
    const pull = dot(x, direction) * (rows.weight[row] ?? 0) * (fit.fitted[row] ?? 0);
    design.forEach((column, which) => {
      gradient[which] = (gradient[which] ?? 0) + pull * (column[at] ?? 0);
    });
  }
  return noiseOfForecast(level, gradient);
}

function meanArgument({ seen }: TaskLevel, touched: readonly number[], code: number): number | null {
  let [sum, tasks] = [0, 0];
  for (const at of touched) {
    const { report } = seen.agents[seen.agent[at] ?? 0] as ArmReport;
    const group = report.groups.find(({ actions }) => actions === seen.actions[at]);
    const argument = group?.arguments[String(code)];
    if (argument === undefined) continue;
    sum += argument * (seen.tasks[at] ?? 0);
    tasks += seen.tasks[at] ?? 0;
  }
  return tasks === 0 ? null : sum / tasks;
}
