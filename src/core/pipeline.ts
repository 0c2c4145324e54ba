/**
 * The whole loop in order, as one page (DESIGN section 1). Each step is a folder of `core`; they meet only here and in
 * nerve messages:
 *
 *   decide  governor/      a goal becomes a decision and an instruction on the nerve
 *   compile injector/      the instruction's program is compiled, signed and stored
 *   inject  injector/      agents stage it in batches, a canary goes first, all but the hold-out go live together
 *   execute agent/         agents run it over their tasks; tasks are those of agent/workloads/ (simulated, containers)
 *                          or of a service that uses agent/sdk/. What they see is traced: tracer/
 *   measure orchestrator/  aggregates while the window lasts; results/ tells by the hold-out what the program caused
 *   feed back              the result is published, the governor learns, agents are rewarded
 *
 * What agents offer to programs, which is asked before a decision and before the first batch, is in `offers/`.
 * `injector-service/` composes the same steps for a service that nobody watches.
 */

import { keepHeapLeanForLargeFleet } from './fleet/lean-heap.js';
import { noAgents } from './fleet/no-agents.js';
import { listAgents } from './fleet/registry.js';
import { parseSelector } from './fleet/selector.js';
import { absorbResults } from './governor/absorb-results.js';
import { choosePlaybook, isWithinRisk, decide as makeDecision } from './governor/decide.js';
import { readDecision, recordDecision } from './governor/decisions.js';
import { fitPlaybook } from './governor/fit-playbook.js';
import { fleetKindOf } from './governor/fleet-kind.js';
import { describeObjective, parseGoal } from './governor/goal.js';
import { readMemory } from './governor/memory.js';
import { readFleetState } from './governor/state.js';
import { openRollout, type Rollout, type RolloutOptions } from './injector/course/rollout.js';
import { batchesDone } from './injector/course/rollout-agents.js';
import { type Draft, draftRollout } from './injector/plan/draft-rollout.js';
import type { SavedPlan } from './injector/plan/plan-file.js';
import { type Preview, previewRollout } from './injector/plan/preview-rollout.js';
import { isNarrowed, type RolloutWishes } from './injector/plan/settings.js';
import { prepareProgram } from './injector/prepare-program.js';
import { requireUnchanged } from './instruction-signature.js';
import type { LoopContext } from './loop-context.js';
import type { LoopOutcome } from './loop-document.js';
import { interruptedInWindow, noRollout, requireFresh, waitsForApproval } from './loop-refusals.js';
import type { Decision } from './nerve/messages/decision.js';
import type { Instruction, Priority } from './nerve/messages/instruction.js';
import type { Result } from './nerve/messages/result.js';
import type { RolloutRecord } from './nerve/messages/rollout-record.js';
import { readRollout } from './nerve/rollout-records.js';
import { appendMessage } from './nerve/streams.js';
import { readFleetOffers } from './offers/read-offers.js';
import { readAggregate } from './orchestrator/read.js';
import { watchWindow } from './orchestrator/watch-window.js';
import type { Learned, Rewards } from './pipeline-events.js';
import { reportPhase } from './report-phase.js';
import { writeLeaderboards } from './results/leaderboard.js';
import { publishResult, readResult } from './results/publish.js';
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
  /** A look at what would be decided: nothing is learned, recorded or published. */
  readonly dryRun?: boolean;
  /** Who decides rolls it out, too, and broadcasts the instruction when that has begun. */
  readonly rollsOut?: boolean;
}

/** What is left open is as an earlier coordinator was told, or as it is by default. */
export interface InjectRequest extends RolloutWishes {
  readonly instruction: Instruction;
  /** Overrides the instruction's own window. */
  readonly windowMs?: number;
  readonly resume?: boolean;
  /** Rolls out exactly this, or nothing. */
  readonly plan?: SavedPlan | undefined;
  /** The instruction is new, and broadcast once its rollout is on record: before, a service might take it. */
  readonly broadcasts?: boolean;
  /** A service asks: interrupted, its rollout stays on the way, for another service. */
  readonly service?: true;
  readonly whyNotGoOn?: RolloutOptions['whyNotGoOn'];
}

/** One loop from goal to learned result. */
export async function runLoop(
  context: LoopContext,
  request: DecideRequest & Omit<InjectRequest, 'instruction'>,
): Promise<LoopOutcome> {
  const decision = await decide(context, { ...request, rollsOut: true });
  if (!isWithinRisk(decision)) throw waitsForApproval(decision);
  return inject(context, { ...request, instruction: decision.instruction, broadcasts: true });
}

/** What `runLoop` would do with the fleet as it is now. */
export async function previewLoop(
  context: LoopContext,
  request: DecideRequest & Omit<InjectRequest, 'instruction'>,
): Promise<Preview> {
  const decision = await decide(context, { ...request, dryRun: true });
  if (!isWithinRisk(decision)) throw waitsForApproval(decision);
  return previewInject(context, { ...request, instruction: decision.instruction });
}

/** Steps 1 and 2: what earlier results taught comes first, then the decision, then the broadcast, if it may be sent. */
export function decide(context: LoopContext, request: DecideRequest): Promise<Decision> {
  const { redis, names, clock } = context;
  return reportPhase(context, 'decide', async () => {
    const objective = parseGoal(request.goal, { selector: request.selector });
    const matches = parseSelector(objective.selector);
    if (!request.dryRun) await absorbResults(redis, names, context.name);
    await keepHeapLeanForLargeFleet(redis, names);
    const alive = (await listAgents(redis, names, clock())).filter((agent) => agent.alive);
    const agents = alive.filter(matches);
    if (agents.length === 0) throw noAgents(objective.selector);
    const kind = fleetKindOf(agents);
    const fitted = fitPlaybook(
      choosePlaybook(kind.playbooks, objective),
      await readFleetOffers({ redis, names }, agents),
      agents.length,
    );
    const decision = makeDecision({
      ...request,
      objective,
      state: await readFleetState(redis, names, { agents, nowMs: clock() }),
      fleetAgents: alive.length,
      memory: await readMemory(redis, names, kind.capabilities),
      ...kind,
      key: context.key.privateKey,
      nowMs: clock(),
      random: context.random,
    });
    if (!request.dryRun) await recordDecision(redis, names, decision);
    context.report({ type: 'decided', at: clock(), decision });
    // Who rolls it out as well is told then, of those whom it is rolled out to.
    if (fitted !== undefined && !request.rollsOut && !request.dryRun)
      context.report({ type: 'note', at: clock(), level: 'warning', text: fitted });
    if (!request.dryRun && !request.rollsOut && isWithinRisk(decision))
      await appendMessage(redis, names.instructions, decision.instruction);
    return [decision, describeObjective(objective)];
  });
}

/** What `inject` would do; nothing is stored, claimed or sent. */
export function previewInject(context: LoopContext, request: InjectRequest): Promise<Preview> {
  const { instruction, plan, resume = false } = request;
  if (!resume) requireFresh(instruction, context.clock());
  return previewRollout(context, { instruction, wishes: request, windowMs: windowOf(request), resume, plan });
}

/** Steps 3 to 10 for one instruction, wherever it came from. */
export async function inject(context: LoopContext, request: InjectRequest): Promise<LoopOutcome> {
  const { redis, names } = context;
  await keepHeapLeanForLargeFleet(redis, names);
  if (request.resume !== true) {
    requireFresh(request.instruction, context.clock());
    requireUnchanged(request.instruction, context.keyring?.().trust);
  }
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
  const { clock } = context;
  const { instruction } = request;
  const planned = request.plan === undefined ? undefined : await previewInject(context, request);
  const program = await reportPhase(context, 'compile', async () => {
    const { redis, names, key, keyring } = context;
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
    const windowMs = windowOf(request);
    const resume = request.resume ?? false;
    const draft =
      planned?.draft ?? (await draftRollout(context, { instruction, wishes: request, resume, program }));
    const rollout = await openRollout(context, {
      instruction,
      ...(decision === undefined ? {} : { goal: decision.goal }),
      ...draft.settings,
      predicted: decision?.prediction.metrics,
      ...{ program, plan: draft.plan, canJoin: draft.canJoin, windowMs, resume },
      leftOut: new Map(draft.leftOut.map(({ id, reason }) => [id, reason])),
      service: request.service,
      whyNotGoOn: request.whyNotGoOn,
    });
    try {
      await reportStart(context, { instruction, windowMs, draft, rollout });
      if (request.broadcasts) await appendMessage(context.redis, context.names.instructions, instruction);
      await rollout.run();
    } catch (thrown) {
      const isInterrupted = context.signal.aborted && !request.service;
      if (isInterrupted) await rollout.markAborted().catch(() => undefined);
      await rollout.close();
      throw thrown;
    }
    const { counts, heldOut } = rollout.record;
    return [rollout, `${agentsText(counts.live ?? 0)} live, ${heldOut} held out`];
  });
}

async function reportStart(
  context: LoopContext,
  begun: { instruction: Instruction; windowMs: number; draft: Draft; rollout: Rollout },
): Promise<void> {
  const { redis, names, clock, report } = context;
  const { instruction, windowMs, draft } = begun;
  const { record } = begun.rollout;
  const { agents, heldOut, batches, maxFailures, counts } = record;
  report({
    type: 'planned',
    at: clock(),
    instruction,
    agents,
    heldOut,
    batches,
    maxFailures,
    windowMs,
    batchesDone: record.batchesDone,
    before: {
      batches: batchesDone(draft.plan, begun.rollout.agents),
      staged: counts.staged + counts.live,
      failed: counts.failed,
    },
    numbers: draft.numbers,
  });
  for (const text of draft.warnings) report({ type: 'note', at: clock(), level: 'warning', text });
  if (instruction.target_agents !== agents && !isNarrowed(draft.settings)) {
    const text = `The instruction speaks of ${instruction.target_agents} agents; its selector matches ${agents} now.`;
    report({ type: 'note', at: clock(), level: 'warning', text });
  }
  // What the fleet was like before: the faces show the change against it, and do without where it cannot be read.
  const aggregate = await readAggregate(redis, names).catch(() => undefined);
  if (aggregate !== undefined) report({ type: 'aggregate', at: clock(), aggregate, remainingMs: windowMs });
}

function windowOf({ instruction, windowMs }: InjectRequest): number {
  return windowMs ?? instruction.context.window ?? instruction.context.deadline;
}

/** Steps 6 to 9: the window passes under watch; treated agents are compared with held-out ones before these go live too. */
function measure(context: LoopContext, rollout: Rollout, decision: Decision | undefined): Promise<Result> {
  const { redis, names, clock } = context;
  const { record } = rollout;
  return reportPhase(context, 'measure', async () => {
    const endsAtMs = (record.liveAt ?? clock()) + record.windowMs;
    const { interrupted: signal } = rollout;
    const over = new AbortController();
    const watching = watchWindow({
      ...context,
      endsAtMs,
      signal: AbortSignal.any([signal, over.signal]),
    });
    await Promise.all([watching, rollout.admitUntil(endsAtMs)]).finally(() => over.abort());
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
    const { verdict: first } = judgeResult(measured, decision?.objective);
    // Published first: a rollout that is complete is not resumed, so a result that is not out by then never comes out.
    const result = await published(context, {
      ...measured,
      state: first === 'harmful' ? 'rolled_back' : 'complete',
    });
    await rollout.complete(judgeResult(result, decision?.objective));
    context.report({ type: 'measured', at: clock(), result });
    return [result, `${agentsText(result.execution.agentsReporting)} reported`];
  });
}

/**
 * The result as it is out: that of an earlier coordinator, if it came so far. What follows from it may be half done, and to
 * judge anew would return some agents and leave others.
 */
async function published({ redis, names }: LoopContext, result: Result): Promise<Result> {
  const { added } = await publishResult({ redis, names, result });
  const earlier = added ? undefined : await readResult(redis, names, result.id);
  if (earlier === undefined) return result;
  // A long result is published without its contributions.
  const hasAll = Object.keys(earlier.contributions).length > 0;
  return hasAll ? earlier : { ...earlier, contributions: result.contributions };
}

/** Step 10: learn once and reward once from what was published, however often it is done. */
export function feedBack(
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
export async function resumeRequest(context: LoopContext, id: string): Promise<ResumeRequest> {
  const record = await readRollout(context.redis, context.names, id);
  if (record === undefined) throw noRollout(id);
  return requestToGoOn(record);
}

export type ResumeRequest = Pick<InjectRequest, 'instruction' | 'windowMs' | 'resume'>;

export function requestToGoOn({ instruction, program, windowMs }: RolloutRecord): ResumeRequest {
  // Agents have staged these very bytes, whichever key signs by now.
  const staged = { ...instruction.program, digest: program.digest };
  return { instruction: { ...instruction, program: staged }, windowMs, resume: true };
}

function agentsText(count: number): string {
  return count === 1 ? '1 agent' : `${count} agents`;
}
