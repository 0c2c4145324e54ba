/**
 * The decision: an objective and the state of the fleet in; a playbook, its parameters, the predicted effect, the risk and
 * the instruction out. Deterministic: the same state, memory and time give the same decision.
 */
import type { KeyObject } from 'node:crypto';
import { digestOf } from '../bytecode/digest.js';
import { instantiateProgram } from '../bytecode/instance.js';
import { signProgram } from '../bytecode/signature.js';
import { verifyProgram } from '../bytecode/verify.js';
import { DreamnetError } from '../errors.js';
import { signInstruction } from '../instruction-signature.js';
import { type Capabilities, referenceFleet } from '../language/capabilities.js';
import type { Decision, Metric, Objective, Prediction } from '../nerve/messages/decision.js';
import { newIdentifier } from '../nerve/messages/identifiers.js';
import type { Instruction, Priority } from '../nerve/messages/instruction.js';
import type { Random } from '../random.js';
import { describeObjective } from './goal.js';
import type { GovernorMemory } from './memory.js';
import type { Playbook } from './playbooks.js';
import { actionRiskOf, assessRisk } from './risk.js';
import { type Candidate, searchParameters } from './search.js';
import type { FleetState } from './state.js';
import { measuredRows, metricTotals, whatIfModel } from './what-if.js';

export interface DecideOptions {
  readonly goal: string;
  readonly objective: Objective;
  readonly state: FleetState;
  /** Living agents of the whole fleet, for the blast radius. */
  readonly fleetAgents: number;
  readonly memory: GovernorMemory;
  readonly playbooks: readonly Playbook[];
  readonly capabilities?: Capabilities;
  /** Execution window that will be watched. */
  readonly windowMs: number;
  readonly priority: Priority;
  /** Above this risk the decision waits for approval. */
  readonly riskMax: number;
  /**
   * Signs the program, so that its digest is known already, and the instruction if it may be sent; without a key the
   * injector signs.
   */
  readonly key?: KeyObject;
  readonly nowMs: number;
  readonly random: Random;
}

/** Metrics that a prediction speaks of where tasks measure them, in the order in which they are shown. */
export const predictedMetrics = [
  'cost',
  'latency',
  'throughput',
  'memory',
  'cpu_time',
] as const satisfies readonly Metric[];

/** Budget that an instruction speaks of when the goal names none and the change is not expected to cost more. */
const budgetDollarsUsual = 500;
const hourMs = 3_600_000;
/** An instruction that nobody took up for this long no longer fits the state it was made on. */
const instructionLifeMs = 900_000;

/** Throws DN405 (no playbook serves the objective) and DN410 (the target cannot be reached). */
export function decide(options: DecideOptions): Decision {
  const { objective, state, memory, nowMs, capabilities = referenceFleet } = options;
  const playbook = choosePlaybook(options.playbooks, objective);
  const bytes = programBytes(playbook, options.key);
  const verified = verifyProgram(bytes);
  if (!verified.ok)
    throw new Error(`playbook ${playbook.name} compiles to something unsafe: ${verified.reason}`);
  const deadlineMs = objective.deadlineMs ?? options.windowMs;
  const model = whatIfModel({
    table: state.table,
    instance: instantiateProgram(verified.program),
    sizes: memory.effectSizes,
    capabilities,
  });
  const found = searchParameters(model, {
    objective,
    metrics: measuredMetrics(objective, state),
    budgetDollarsPerHour: (objective.budgetDollars ?? Number.POSITIVE_INFINITY) / (deadlineMs / hourMs),
  });
  if (found.chosen === undefined) throw unreachable(objective, found.nearest);

  const prediction = predictionOf(found.chosen, objective, state);
  const actions = verified.program.manifest.actions.map(({ name }) => name);
  const results = Math.min(
    ...memory.effectSizes.filter(({ action }) => actions.includes(action)).map((size) => size.results),
  );
  const risk = assessRisk({
    blastRadius: state.agents.length / Math.max(1, options.fleetAgents),
    results: Number.isFinite(results) ? results : 0,
    dataAgeMs: state.ageMs,
    relativeWidth: (prediction.target.high - prediction.target.low) / objective.amount,
    actionRisk: actionRiskOf(capabilities, actions),
  });
  const id = newIdentifier('dec', nowMs, options.random);
  const version = memory.versions.get(playbook.instruction) ?? 1;
  const currentCosts = prediction.before.cost ?? 0;
  const instruction: Instruction = {
    id: newIdentifier('instr', nowMs, options.random),
    type: `${playbook.instruction}_v${version}`,
    target_agents: state.agents.length,
    context: {
      currentCosts: round(currentCosts),
      targetCosts: round(
        currentCosts *
          (1 + (objective.metric === 'cost' ? -objective.amount : (prediction.metrics.cost?.mean ?? 0))),
      ),
      deadline: deadlineMs,
      budget: objective.budgetDollars ?? budgetFor(prediction, deadlineMs),
      metrics: ['cost', 'latency', 'memory', 'cpu'],
      window: Math.min(options.windowMs, deadlineMs),
    },
    timestamp: nowMs,
    priority: options.priority,
    selector: objective.selector,
    program: {
      name: playbook.program.name,
      source: playbook.source,
      ...(options.key === undefined ? {} : { digest: digestOf(bytes) }),
      parameters: { ...found.chosen.parameters },
    },
    decision: id,
    fingerprint: state.fingerprint,
    expires: nowMs + Math.max(instructionLifeMs, deadlineMs),
  };
  const decision: Decision = {
    id,
    goal: options.goal,
    at: nowMs,
    objective,
    playbook: playbook.name,
    parameters: { ...found.chosen.parameters },
    prediction,
    risk: { ...risk, threshold: options.riskMax },
    reasoning: reasoningOf(options, playbook, found.chosen, prediction, found.tried),
    state: {
      agents: state.agents.length,
      tasks: state.table.rows,
      ageMs: state.ageMs,
      fingerprint: state.fingerprint,
    },
    candidates: found.tried,
    instruction,
  };
  // Decisions are on record for everybody: a signature on one that waits for approval would be the approval.
  if (options.key === undefined || !isWithinRisk(decision)) return decision;
  return { ...decision, instruction: signInstruction(instruction, options.key) };
}

/** A decision above the tolerated risk is recorded, and not sent. */
export function isWithinRisk({ risk }: Decision): boolean {
  return risk.score <= risk.threshold;
}

/** Throws DN405. */
export function choosePlaybook(playbooks: readonly Playbook[], objective: Objective): Playbook {
  const playbook = playbooks.find(
    ({ serves }) => serves.metric === objective.metric && serves.direction === objective.direction,
  );
  if (playbook !== undefined) return playbook;
  const served = playbooks
    .map(({ serves, name }) => `${serves.direction} ${serves.metric} (${name})`)
    .join(', ');
  throw new DreamnetError({
    code: 'DN405',
    kind: 'bad-input',
    message: `No playbook can ${describeObjective(objective)}.`,
    hint: `The playbooks can: ${served}.`,
  });
}

function programBytes(playbook: Playbook, key: KeyObject | undefined): Uint8Array {
  return key === undefined ? playbook.program.bytes : signProgram(playbook.program.bytes, key);
}

function predictionOf({ whatIf }: Candidate, objective: Objective, state: FleetState): Prediction {
  return {
    target: whatIf.changes[objective.metric] ?? { mean: 0, low: 0, high: 0 },
    metrics: { ...whatIf.changes },
    before: metricTotals(state.table, measuredMetrics(objective, state)),
    tasks: state.table.rows,
    tasksTouched: whatIf.tasksTouched,
    effects: whatIf.effects,
  };
}

/** Of what no task measures nothing can be said, not even that it stays as it is. */
function measuredMetrics({ metric: target }: Objective, { table }: FleetState): Metric[] {
  return predictedMetrics.filter((metric) => metric === target || measuredRows(table, metric) > 0);
}

function reasoningOf(
  { objective, state, memory }: DecideOptions,
  playbook: Playbook,
  { parameters }: Candidate,
  { target, metrics, tasksTouched }: Prediction,
  tried: number,
): string[] {
  const values = Object.entries(parameters).map(([name, value]) => `${name} = ${percent(value)}`);
  const actions = new Set(playbook.program.manifest.actions.map(({ name }) => name));
  const sizes = memory.effectSizes.filter(
    (size) => actions.has(size.action) && size.metric === objective.metric,
  );
  const learned = sizes.filter((size) => size.results > 0).length;
  const latency =
    metrics.latency === undefined
      ? 'latency is not measured here'
      : `latency ${signed(metrics.latency.mean)}`;
  return [
    `Objective: ${describeObjective(objective)}.`,
    `State: ${state.covered} of ${state.agents.length} agents recorded ${state.table.rows} tasks, at most ${Math.round(state.ageMs / 1000)} s ago.`,
    `Playbook ${playbook.name}: ${playbook.about || 'serves the objective'}.`,
    `${tried} parameter sets were run over these tasks; ${values.length > 0 ? values.join(', ') : 'no parameters'} reach${values.length === 1 ? 'es' : ''} the target at least risk.`,
    `Expected: ${objective.metric} ${signed(target.mean)} (90 % interval ${signed(target.low)} to ${signed(target.high)}), ${latency}; ${tasksTouched} tasks are touched.`,
    learned === 0
      ? 'The effect sizes are the priors of the capability file; nothing has been measured yet.'
      : `${learned} of ${sizes.length} effect sizes rest on measured results.`,
  ];
}

/** Dollars that the change is expected to cost until the deadline, and at least the usual budget. */
function budgetFor({ before, metrics }: Prediction, deadlineMs: number): number {
  const perHour = (before.cost ?? 0) * Math.max(0, metrics.cost?.mean ?? 0);
  return Math.max(budgetDollarsUsual, Math.ceil((perHour * deadlineMs) / hourMs));
}

function unreachable(objective: Objective, nearest: Candidate | undefined): DreamnetError {
  const change = nearest?.whatIf.changes[objective.metric]?.mean;
  const best =
    change === undefined
      ? 'no setting of its playbook stays within these limits'
      : `${percent(Math.abs(change))} is the most that is expected within these limits`;
  const ways = ['ask for less'];
  if (objective.metric !== 'latency')
    ways.push('allow more latency ("… without raising latency more than 20%")');
  if (objective.budgetDollars !== undefined) ways.push('allow a larger budget');
  return new DreamnetError({
    code: 'DN410',
    kind: 'stopped-by-gate',
    message: `It is not possible to ${describeObjective(objective)}: ${best}.`,
    hint: `You can ${ways.join(', or ')}.`,
  });
}

function round(dollars: number): number {
  return Math.max(0, Number(dollars.toFixed(2)));
}

function percent(fraction: number): string {
  return `${Number((fraction * 100).toFixed(1))} %`;
}

function signed(fraction: number): string {
  return `${fraction > 0 ? '+' : ''}${percent(fraction)}`;
}
