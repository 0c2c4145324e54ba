/**
 * The injector as a service: instructions from the nerve in, rollouts brought to their end out, one at a time for the whole
 * fleet. Any number of services may run. The one that holds the lease works, the others stand by; when it is killed, the
 * next one goes on with its rollout. The lease keeps services from disturbing each other; what keeps an agent from
 * obeying two of them is the epoch of each rollout.
 */
import { DreamnetError, messageOf } from '../errors.js';
import type { Claimed } from '../injector/course/take-hold.js';
import { limits } from '../limits.js';
import type { LoopContext } from '../loop-context.js';
import { passesByItself } from '../nerve/connection.js';
import { holdLease, releaseLease } from '../nerve/lease.js';
import type { Instruction } from '../nerve/messages/instruction.js';
import type { RolloutRecord } from '../nerve/messages/rollout-record.js';
import { readRollout } from '../nerve/rollout-records.js';
import { pause } from '../pause.js';
import { type InjectRequest, inject, requestToGoOn } from '../pipeline.js';
import type { ReportEvent } from '../pipeline-events.js';
import { type Acceptance, isBelieved, vouchedFor, whyRefused } from './accept.js';
import { feedBackAgain } from './feed-back-again.js';
import { isOrphan, type RolloutOnTheWay, rolloutsOnTheWay } from './rollouts-on-the-way.js';
import { settingsOf } from './settings.js';
import { isOneDue, type Taken, takeInTurn } from './take-in-turn.js';
import { noLongerWanted, type Wanted, wantedRollout } from './wanted-rollouts.js';
import { whyChanged, whyNotFollowed } from './why-not-followed.js';

export interface ServiceOptions extends Acceptance {
  /** Its connection reconnects for ever. */
  readonly context: LoopContext;
  readonly log: (line: ServiceLine) => void;
}

/** What a service says of its own doing, beside the events of its rollouts. */
export interface ServiceLine {
  readonly level: 'info' | 'warning';
  readonly text: string;
}

export interface ServiceStatus {
  /** `standby`: another service holds the lease. */
  readonly state: 'starting' | 'standby' | 'idle' | 'working' | 'stopping';
  /** What it works on. */
  readonly rollout: string | null;
  /** When it began with that, or came into this state (ms). */
  readonly since: number;
  /** Rollouts that it brought to an end since it was started. */
  readonly done: number;
  /** What went wrong last in its loop, while that has not passed. */
  readonly trouble: string | null;
}

/** How often an idle service looks for instructions, and one that stands by whether it is needed. */
const lookEveryMs = 250;
/** How often it looks whether a rollout has lost its service; also just before it begins another one. */
const orphanLookEveryMs = 1_000;
const retryPauseMs = 1_000;
const retryFirstMs = 5_000;
const retryMsMax = 600_000;
/** Longer than the window of another rollout that goes first. */
const wantedMsMax = 86_400_000;
/** Redis may be gone when we stop: the lease then ends by itself. */
const releaseMsMax = 500;

export class InjectorService {
  readonly #options: ServiceOptions;
  readonly #context: LoopContext;
  #status: ServiceStatus;
  #orphansLookedAt = 0;
  /** Rollouts that could not be gone on with: when to try again, and how long to wait after that. */
  readonly #retries = new Map<string, { readonly at: number; readonly waitMs: number }>();

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.#context = options.context;
    const since = options.context.clock();
    this.#status = { state: 'starting', rollout: null, since, done: 0, trouble: null };
  }

  get name(): string {
    return this.#context.name;
  }

  get status(): ServiceStatus {
    return this.#status;
  }

  /** Resolves when the context's signal is raised: the rollout under way is left for another service as it is. */
  async run(): Promise<void> {
    const { signal } = this.#context;
    while (!signal.aborted) {
      try {
        const worked = await this.#turn();
        this.#change({ trouble: null });
        if (!worked) await pause(lookEveryMs, signal);
      } catch (thrown) {
        if (signal.aborted) break;
        this.#trouble(thrown);
        await pause(retryPauseMs, signal);
      }
    }
    this.#enter('stopping', this.#status.rollout);
    await Promise.race([releaseLease(this.#lease).catch(() => undefined), pause(releaseMsMax, neverAborted)]);
  }

  /** One look: does what is due, if anything is; false when there was nothing to do. */
  async #turn(): Promise<boolean> {
    const { redis, names, clock } = this.#context;
    if (!(await this.#holdLease())) {
      this.#enter('standby', null);
      return false;
    }
    if (this.#status.state === 'starting' || this.#status.state === 'standby') await this.#feedBackAgain();
    this.#enter('idle', null);
    const wanted = await wantedRollout(this.#options);
    const waits = await isOneDue(redis, names);
    if (wanted === undefined && !waits && clock() - this.#orphansLookedAt < orphanLookEveryMs) return false;
    this.#orphansLookedAt = clock();
    await this.#sayHealth();
    const open = await rolloutsOnTheWay(redis, names);
    const orphan = open.find((rollout) => isOrphan(rollout) && this.#isDue(rollout));
    if (orphan !== undefined) {
      await this.#follow(orphan.record);
      return true;
    }
    // Two rollouts at once would spoil each other's measurement, also where one is a person's.
    if (open.some(({ held }) => held)) return false;
    if (wanted !== undefined) {
      await this.#followWanted(wanted);
      return true;
    }
    if (!waits) return false;
    const taken = await takeInTurn({
      ...{ redis, names, clock },
      judge: (instruction) => whyRefused(this.#options, instruction),
      say: (text) => this.#say('warning', text),
    });
    if (taken === undefined) return false;
    await this.#begin(taken);
    return true;
  }

  /** What one result led to must not keep the service from its work. */
  async #feedBackAgain(): Promise<void> {
    try {
      await feedBackAgain(this.#context);
    } catch (thrown) {
      if (passes(thrown, this.#context)) throw thrown;
      this.#say('warning', `what an earlier result led to could not be looked after: ${messageOf(thrown)}`);
    }
  }

  async #begin(taken: Taken): Promise<void> {
    const { instruction } = taken;
    const { windowMs, ...wishes } = settingsOf(instruction, this.#options.defaults) ?? {};
    this.#warnOfOrigin(instruction);
    let settled: Promise<void> | undefined;
    const onPlanned = () => {
      settled = taken.settle();
      settled.catch(() => undefined);
    };
    const ended = await this.#work(
      { ...wishes, instruction, ...(windowMs === undefined ? {} : { windowMs }), service: true },
      onPlanned,
    );
    if (settled !== undefined) await settled;
    else if (ended !== undefined && !passes(ended, this.#context)) await taken.reject(messageOf(ended));
  }

  async #followWanted({ id, at, verdict, raw }: Wanted): Promise<void> {
    const { redis, names } = this.#context;
    const record = await readRollout(redis, names, id);
    await noLongerWanted(redis, names, raw);
    if (record === undefined) return;
    const stoppedAt = Math.max(record.finishedAt ?? 0, record.control?.at ?? 0);
    const isOld = at <= Math.max(stoppedAt, this.#context.clock() - wantedMsMax);
    if (isBelieved(this.#options, verdict) && !isOld) return this.#follow(record, { isWanted: true });
    const why = isOld ? 'is an old one' : verdict.reason;
    this.#say('warning', `the wish to go on with rollout ${id} ${why}: it is not obeyed`);
  }

  /** Goes on with a rollout that another service, or this one before it was started again, did not bring to its end. */
  async #follow(record: RolloutRecord, how: { readonly isWanted?: boolean } = {}): Promise<void> {
    const { id } = record;
    const refusal = await whyNotFollowed(this.#options, record, how);
    if (refusal !== undefined) {
      this.#say('warning', `rollout ${id} is not gone on with: ${refusal}`);
      return this.#retryLater(id);
    }
    this.#say('info', `going on with rollout ${id}, which is ${record.state}`);
    // Of the very record that was looked at; what it is by the time it is claimed is looked at again.
    const resumed = requestToGoOn(record);
    const instruction = vouchedFor(this.#options, resumed.instruction);
    const whyNotGoOn = (claimed: Claimed) => whyChanged(this.#options, claimed);
    const ended = await this.#work({ ...resumed, instruction, service: true, whyNotGoOn }, () => undefined);
    if (ended !== undefined && !passes(ended, this.#context)) this.#retryLater(id);
    else this.#retries.delete(id);
  }

  /** Brings one rollout to its end; what it threw, or undefined. */
  async #work(request: InjectRequest, onPlanned: () => void): Promise<unknown> {
    const { id } = request.instruction;
    const report: ReportEvent = (event) => {
      if (event.type === 'planned') onPlanned();
      this.#context.report(event);
    };
    this.#enter('working', id);
    const renewing = setInterval(() => {
      Promise.all([this.#holdLease(), this.#sayHealth()]).catch(() => undefined);
    }, limits.injectorLeaseMs / 5);
    try {
      const { rollout } = await inject(contextFor(this.#context, report), request);
      this.#change({ done: this.#status.done + 1 });
      this.#say('info', `rollout ${id} is ${rollout.state}`);
      return undefined;
    } catch (thrown) {
      const code = thrown instanceof DreamnetError ? `${thrown.code} ` : '';
      if (!this.#context.signal.aborted) this.#say('warning', `rollout ${id}: ${code}${messageOf(thrown)}`);
      // What fails at once, such as a Redis that takes no writes, is not tried again at once.
      await pause(retryPauseMs, this.#context.signal);
      return thrown;
    } finally {
      clearInterval(renewing);
    }
  }

  #isDue({ record: { id } }: RolloutOnTheWay): boolean {
    return this.#context.clock() >= (this.#retries.get(id)?.at ?? 0);
  }

  #retryLater(id: string): void {
    const waitMs = this.#retries.get(id)?.waitMs ?? retryFirstMs;
    this.#retries.set(id, {
      at: this.#context.clock() + waitMs,
      waitMs: Math.min(retryMsMax, waitMs * 2),
    });
  }

  get #lease() {
    const { redis, names, name: holder } = this.#context;
    return { redis, key: names.injectorLease, holder };
  }

  #holdLease(): Promise<boolean> {
    return holdLease(this.#lease, limits.injectorLeaseMs);
  }

  /** Beside the fleet's own health, for those who look there and do not know where the services are. */
  async #sayHealth(): Promise<void> {
    const { redis, names, name, clock } = this.#context;
    const { state, rollout, since } = this.#status;
    const health = { name, state, rollout, since, at: clock() };
    await redis.hset(names.health, 'injector', JSON.stringify(health));
  }

  #warnOfOrigin(instruction: Instruction): void {
    const strict = whyRefused({ ...this.#options, acceptUnsigned: false }, instruction);
    if (strict === undefined) return;
    this.#say(
      'warning',
      `instruction ${instruction.id} is rolled out although ${strict} (--accept-unsigned)`,
    );
  }

  #trouble(thrown: unknown): void {
    const trouble = messageOf(thrown);
    if (this.#status.trouble !== trouble) this.#say('warning', `the loop goes on after: ${trouble}`);
    this.#change({ trouble });
  }

  #enter(state: ServiceStatus['state'], rollout: string | null): void {
    if (this.#status.state === state && this.#status.rollout === rollout) return;
    this.#change({ state, rollout, since: this.#context.clock() });
  }

  #change(change: Partial<ServiceStatus>): void {
    this.#status = { ...this.#status, ...change };
  }

  #say(level: ServiceLine['level'], text: string): void {
    this.#options.log({ level, text });
  }
}

const neverAborted = new AbortController().signal;

/** Not the instruction's fault: it was stopped, Redis was away, or another service is at it. */
function passes(thrown: unknown, { signal }: LoopContext): boolean {
  if (signal.aborted || passesByItself(thrown)) return true;
  return thrown instanceof DreamnetError && (thrown.kind === 'unreachable' || thrown.code === 'DN510');
}

/** The key stays the one that signs at the time it is asked for. */
function contextFor(context: LoopContext, report: ReportEvent): LoopContext {
  return {
    ...context,
    get key() {
      return context.key;
    },
    report,
  };
}
