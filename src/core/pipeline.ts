/**
 * The whole loop in order, as one page (DESIGN section 1). Each step is a folder of `core`; they meet only here and in
 * nerve messages:
 *
 *   decide  governor/      a goal becomes a decision and an instruction on the nerve
 *   compile injector/      the instruction's program is compiled, signed and stored
 *   inject  injector/      agents stage it in batches, a canary goes first, all but the hold-out go live together
 *   execute agent/         agents run it over their tasks and trace what they see
 *   measure orchestrator/  aggregates while the window lasts; results/ compares treated with held-out agents
 *   feed back              the result is published, the governor learns, agents are rewarded
 */

import { keepHeapLeanForLargeFleet } from './fleet/lean-heap.js';
import { noAgents } from './fleet/no-agents.js';
import { listAgents } from './fleet/registry.js';
import { parseSelector } from './fleet/selector.js';
import { absorbResults } from './governor/absorb-results.js';
import { isWithinRisk, decide as makeDecision } from './governor/decide.js';
import { readDecision, recordDecision } from './governor/decisions.js';
import { describeObjective, parseGoal } from './governor/goal.js';
import { readMemory } from './governor/memory.js';
import { loadPlaybooks } from './governor/playbooks.js';
import { readFleetState } from './governor/state.js';
import { planRollout } from './injector/plan.js';
import { prepareProgram } from './injector/prepare-program.js';
import { openRollout, type Rollout } from './injector/rollout.js';
import { referenceFleet } from './language/capabilities.js';
import type { LoopContext } from './loop-context.js';
import type { LoopOutcome } from './loop-document.js';
import { interruptedInWindow, noRollout, requireFresh, waitsForApproval } from './loop-refusals.js';
import type { Decision } from './nerve/messages/decision.js';
import type { Instruction, Priority } from './nerve/messages/instruction.js';
import type { Result } from './nerve/messages/result.js';
import { readRollout, readRolloutAgents } from './nerve/rollout-records.js';
import { appendMessage } from './nerve/streams.js';
import { readAggregate } from './orchestrator/read.js';
import { watchWindow } from './orchestrator/watch-window.js';
import type { Learned, Rewards } from './pipeline-events.js';
import { reportPhase } from './report-phase.js';
import { writeLeaderboards } from './results/leaderboard.js';
import { publishResult } from './results/publish.js';
import { agentScores, summarise } from './results/summary.js';
import { judgeResult } from './results/verdict.js';
import { waitForReports } from './results/wait-for-reports.js';
import { distributePoints } from './rewards/points.js';

export interface DecideRequest {
  readonly goal: string;
  readonly selector: string;
  readonly windowMs: number;
  readonly priority: Priority;
  readonly riskMax: number;
}

export interface InjectRequest {
  readonly instruction: Instruction;
  /** As typed: `10`, `5%`, `1,10,25%`. */
  readonly batch: string;
  readonly maxFailures: string;
  readonly bakeMs: number;
  /** Overrides the instruction's own window. */
  readonly windowMs?: number;
  readonly resume?: boolean;
}

/** One loop from goal to learned result. */
export async function runLoop(
  context: LoopContext,
  request: DecideRequest & Omit<InjectRequest, 'instruction'>,
): Promise<LoopOutcome> {
  const decision = await decide(context, request);
  if (!isWithinRisk(decision)) throw waitsForApproval(decision);
  return inject(context, { ...request, instruction: decision.instruction });
}

/** Steps 1 and 2: what earlier results taught comes first, then the decision, then the broadcast, if it may be sent. */
export function decide(context: LoopContext, request: DecideRequest): Promise<Decision> {
  const { redis, names, clock } = context;
  return reportPhase(context, 'decide', async () => {
    const objective = parseGoal(request.goal, { selector: request.selector });
    const matches = parseSelector(objective.selector);
    await absorbResults(redis, names, context.name);
    await keepHeapLeanForLargeFleet(redis, names);
    const alive = (await listAgents(redis, names, clock())).filter((agent) => agent.alive);
    const agents = alive.filter(matches);
    if (agents.length === 0) throw noAgents(objective.selector);
    const decision = makeDecision({
      ...request,
      objective,
      state: await readFleetState(redis, names, { agents, nowMs: clock() }),
      fleetAgents: alive.length,
      memory: await readMemory(redis, names, referenceFleet),
      playbooks: loadPlaybooks(),
      key: context.key.privateKey,
      nowMs: clock(),
      random: context.random,
    });
    await recordDecision(redis, names, decision);
    context.report({ type: 'decided', at: clock(), decision });
    if (isWithinRisk(decision)) await appendMessage(redis, names.instructions, decision.instruction);
    return [decision, describeObjective(objective)];
  });
}

/** Steps 3 to 10 for one instruction, wherever it came from. */
export async function inject(context: LoopContext, request: InjectRequest): Promise<LoopOutcome> {
  const { redis, names } = context;
  await keepHeapLeanForLargeFleet(redis, names);
  if (request.resume !== true) requireFresh(request.instruction, context.clock());
  const decision = await readDecision(redis, names, request.instruction.decision);
  const rollout = await rollOut(context, request, decision);
  try {
    const result = await measure(context, rollout, decision);
    const { learned, rewards } = await feedBack(context, result);
    return { decision, rollout: rollout.record, result, learned, rewards };
  } finally {
    await rollout.close();
  }
}

/** Steps 3 to 5: targets, program, batches, go-live. */
async function rollOut(
  context: LoopContext,
  request: InjectRequest,
  decision: Decision | undefined,
): Promise<Rollout> {
  const { redis, names, clock } = context;
  const { instruction } = request;
  const program = await reportPhase(context, 'compile', async () => {
    const { key, keyring } = context;
    const prepared = await prepareProgram(redis, names, { instruction, key, keyring: keyring?.() });
    const { name, digest, bytes, optimizationScore, costPerTask } = prepared;
    context.report({
      type: 'compiled',
      at: clock(),
      name,
      digest,
      bytes: bytes.length,
      optimizationScore,
      costPerTask,
    });
    return [prepared, `${name}, ${bytes.length} bytes`];
  });
  return reportPhase(context, 'inject', async () => {
    const windowMs = request.windowMs ?? instruction.context.window ?? instruction.context.deadline;
    const selector = instruction.selector ?? '';
    const plan = planRollout({
      instructionId: instruction.id,
      selector,
      targets: await targetsOf(context, instruction.id, selector, request.resume ?? false),
      batch: request.batch,
      maxFailures: request.maxFailures,
    });
    const rollout = await openRollout(context, {
      instruction,
      ...(decision === undefined ? {} : { goal: decision.goal }),
      program,
      plan,
      windowMs,
      bakeMs: request.bakeMs,
      resume: request.resume ?? false,
    });
    const { agents, heldOut, batches, maxFailures, batchesDone } = rollout.record;
    context.report({
      type: 'planned',
      at: clock(),
      instruction,
      agents,
      heldOut,
      batches,
      maxFailures,
      windowMs,
      batchesDone,
    });
    if (instruction.target_agents !== agents) {
      const text = `The instruction speaks of ${instruction.target_agents} agents; its selector matches ${agents} now.`;
      context.report({ type: 'note', at: clock(), level: 'warning', text });
    }
    // What the fleet was like before: the faces show the change against it.
    const aggregate = await readAggregate(redis, names);
    if (aggregate !== undefined) {
      context.report({ type: 'aggregate', at: clock(), aggregate, remainingMs: windowMs });
    }
    try {
      await rollout.run();
    } catch (thrown) {
      if (context.signal.aborted) await rollout.markAborted().catch(() => undefined);
      await rollout.close();
      throw thrown;
    }
    return [rollout, `${rollout.record.counts.live ?? 0} agents live, ${heldOut} held out`];
  });
}

/** A resumed rollout keeps the agents it was planned for; those that have left since are marked as failed. */
async function targetsOf(context: LoopContext, id: string, selector: string, resume: boolean) {
  const { redis, names, clock } = context;
  const registered = await listAgents(redis, names, clock());
  const matches = parseSelector(selector);
  if (!resume) return registered.filter((agent) => agent.alive && matches(agent));
  const planned = await readRolloutAgents(redis, names, id);
  return registered.filter((agent) => planned.has(agent.id));
}

/** Steps 6 to 9: the window passes under watch; treated agents are compared with held-out ones before these go live too. */
function measure(context: LoopContext, rollout: Rollout, decision: Decision | undefined): Promise<Result> {
  const { redis, names, clock } = context;
  const { record } = rollout;
  return reportPhase(context, 'measure', async () => {
    const endsAtMs = (record.liveAt ?? clock()) + record.windowMs;
    const { interrupted: signal } = rollout;
    await watchWindow({ ...context, endsAtMs, signal });
    const ids = [...rollout.agents.keys()];
    const records = await waitForReports({
      ...context,
      signal,
      instruction: record.id,
      agents: ids,
      windowMs: record.windowMs,
    });
    if (context.signal.aborted) throw interruptedInWindow(record.id);
    await rollout.obey();
    const input = { record, agents: rollout.agents, records, nowMs: clock(), decision };
    const measured = summarise(input);
    await writeLeaderboards({ redis, names, scores: agentScores(input) });
    const verdict = judgeResult(measured, decision?.objective);
    const result = { ...measured, state: verdict.verdict === 'harmful' ? 'rolled_back' : 'complete' };
    // Published first: a rollout that is complete is not resumed, so a result that is not out by then never comes out.
    await publishResult({ redis, names, result });
    await rollout.complete(verdict);
    context.report({ type: 'measured', at: clock(), result });
    return [result, `${result.execution.agentsReporting} agents reported`];
  });
}

/** Step 10: learn once and reward once from what was published, however often it is done. */
function feedBack(
  context: LoopContext,
  result: Result,
): Promise<{ learned: Learned | undefined; rewards: Rewards | undefined }> {
  const { redis, names, clock } = context;
  return reportPhase<{ learned: Learned | undefined; rewards: Rewards | undefined }>(
    context,
    'feedback',
    async () => {
      const absorbed = await absorbResults(redis, names, context.name);
      const learned = absorbed.find((one) => one.result.id === result.id)?.learned;
      if (learned !== undefined) context.report({ type: 'learned', at: clock(), learned });
      // What had to be taken back earns nothing, and teaches all the more.
      if (result.state === 'rolled_back') return [{ learned, rewards: undefined }, 'rolled back'];
      const paid = await distributePoints({ redis, names, result });
      const rewards = { points: paid.distributed, agents: paid.agents, added: paid.agents > 0 };
      context.report({ type: 'rewarded', at: clock(), rewards });
      return [{ learned, rewards }, `next: ${learned?.nextType ?? result.type}`];
    },
  );
}

/** What a rollout needs to go on: its instruction and everything it was told before. */
export async function resumeRequest(
  context: LoopContext,
  id: string,
): Promise<Pick<InjectRequest, 'instruction' | 'windowMs' | 'resume'>> {
  const record = await readRollout(context.redis, context.names, id);
  if (record === undefined) throw noRollout(id);
  // Agents have staged these very bytes, whichever key signs by now.
  const program = { ...record.instruction.program, digest: record.program.digest };
  return { instruction: { ...record.instruction, program }, windowMs: record.windowMs, resume: true };
}
