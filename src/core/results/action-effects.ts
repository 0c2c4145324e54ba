/**
 * What is known by task in, one effect per action and metric out: what the action caused on the tasks that got it, what they
 * got besides taken off. Pure. Each is told by the sets of tasks that the actions touched: the mean of what the model
 * (`effect-model.ts`) has of the action on the scale of logarithms, tasks weighted by their forecast. Where agents of different
 * `class` differ in it by more than chance (Cochran's Q, Biometrics 10, 1954, 101), there is one for each class.
 */
import { actionByCode, dockerHost, referenceFleet } from '../language/capabilities.js';
import { hasAction } from '../nerve/messages/action-set.js';
import type { ActionEffect } from '../nerve/messages/result.js';
import type { EffectModel } from './effect-model.js';
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
  const { model } = level.explained;
  const solve = model && solverOf(model.fit.slope);
  if (model === undefined || solve === undefined) return [];
  const codes = [...new Set(model.actions)].filter((code) => code !== 0);
  return codes.flatMap((code) => {
    const { had, gradient } = averageOf(level, model, { code, name });
    if (had.length === 0) return [];
    const log = dot(gradient, model.fit.coefficients);
    const direction = solve(gradient);
    const own = ownNoise(level, model, direction);
    const noise = together(own, forecastNoise(level, model, direction));
    return {
      ...{ code, metric, log, own, argument: meanArgument(level, had, code) },
      ...(name === undefined ? {} : { class: name }),
      agents: new Set(had.map((at) => level.seen.agent[at])).size,
      tasks: had.reduce((sum, at) => sum + (level.seen.tasks[at] ?? 0), 0),
      change: Math.expm1(log),
      interval: intervalOf({ log, ...noise }),
    };
  });
}

/** The tasks that got the action, of agents of the class if one is named; and the mean of its columns over them. */
function averageOf(
  { seen, without }: TaskLevel,
  { treated, rows, actions }: EffectModel,
  { code, name }: { code: number; name: string | undefined },
): { had: number[]; gradient: Float64Array } {
  const gradient = new Float64Array(rows.design.length);
  const had: number[] = [];
  let total = 0;
  for (const [row, at] of treated.entries()) {
    const agent = seen.agents[seen.agent[at] ?? 0];
    if (!hasAction(seen.actions[at] ?? 0, code)) continue;
    if (name !== undefined && agent?.labels[classLabel] !== name) continue;
    const forecast = (seen.before[at] ?? 0) * (without.ratio[at] ?? 0);
    had.push(at);
    total += forecast;
    for (const [which, action] of actions.entries()) {
      if (action !== code) continue;
      gradient[which] = (gradient[which] ?? 0) + forecast * (rows.design[which]?.[row] ?? 0);
    }
  }
  return { had, gradient: gradient.map((sum) => sum / total) };
}

/** Of the treated tasks, with agents as clusters. */
function ownNoise({ seen, explained }: TaskLevel, model: EffectModel, direction: Float64Array): Noise {
  const byAgent = new Map<number, number>();
  for (const [row, at] of model.treated.entries()) {
    const agent = seen.agent[at] ?? 0;
    const off = (model.rows.ratio[row] ?? 0) - (model.fit.fitted[row] ?? 0);
    const pulled = pullOf(model, row, direction) * (model.rows.weight[row] ?? 0) * off;
    byAgent.set(agent, (byAgent.get(agent) ?? 0) + pulled);
  }
  if (byAgent.size < 2) return { variance: null, degrees: 0 };
  const squares = [...byAgent.values()].reduce((sum, one) => sum + one ** 2, 0);
  return { variance: squares * explained.inflation, degrees: byAgent.size - 1 };
}

function forecastNoise(level: TaskLevel, model: EffectModel, direction: Float64Array): Noise {
  const { design } = level.without;
  const gradient = new Float64Array(design.length);
  for (const [row, at] of model.treated.entries()) {
    const weight = (model.rows.weight[row] ?? 0) * (model.fit.fitted[row] ?? 0);
    const pull = pullOf(model, row, direction) * weight;
    design.forEach((column, which) => {
      gradient[which] = (gradient[which] ?? 0) + pull * (column[at] ?? 0);
    });
  }
  return noiseOfForecast(level, gradient);
}

function pullOf({ rows }: EffectModel, row: number, direction: Float64Array): number {
  let sum = 0;
  rows.design.forEach((column, which) => {
    sum += (column[row] ?? 0) * (direction[which] ?? 0);
  });
  return sum;
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
