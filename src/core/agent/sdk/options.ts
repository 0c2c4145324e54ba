/**
 * What a service says to become programmable: its fields, its tasks, what can be done with them. The types of rows and of
 * functions follow from the fields that are declared, so that an editor knows what is wrong before anything runs.
 */
import type { Capabilities } from '../../language/capabilities.js';
import type { EffectBudget, TaskId } from '../workload.js';
import type { AgentConnection } from './open-connection.js';

/**
 * What a number is measured in, and its base unit: `duration` in seconds, `bytes` in bytes, `bitrate` in bits per second,
 * `money` in dollars, `ratio` as a fraction (20 % is 0.2), `count` as a plain number.
 */
export type Quantity = 'duration' | 'bytes' | 'bitrate' | 'money' | 'ratio' | 'count';

/** A field that is a number. */
export interface QuantityField {
  /** What it is measured in; values are given in the base unit. */
  readonly unit: Quantity;
  /** One line for people. */
  readonly about?: string;
}

/** A field that is one of some names, such as a region; programs compare it for equality. */
export interface NameField {
  readonly unit: 'name';
  /** Every possible name. New ones go to the end: compiled programs carry their numbers. */
  readonly names: readonly string[];
  /** One line for people. */
  readonly about?: string;
}

/** `'duration'`, or with more to say: `{ unit: 'duration', about: 'time in the queue' }`. */
export type Field = Quantity | QuantityField | NameField;

/** By the name that programs write behind the dot: `queue.waiting` is the field `waiting`. */
export type Fields = Readonly<Record<string, Field>>;

/** What a row holds for a field: one of its names, or a number in the base unit of its quantity; NaN when it is not known. */
export type FieldValue<F extends Field> = F extends NameField ? F['names'][number] : number;

/** One task: its id, and a value for every declared field. What else it holds is handed to `apply` and `revert` as it is. */
export type Task<F extends Fields> = { readonly id: TaskId } & {
  readonly [Name in keyof F]: FieldValue<F[Name]>;
};

/** Many tasks as columns, which costs less than rows: the value of task `ids[i]` is `columns.field[i]`. */
export interface TaskColumns<F extends Fields> {
  readonly ids: readonly TaskId[];
  /** For a field of names: the number of the name, counted from 0. */
  readonly columns: { readonly [Name in keyof F]: ArrayLike<number> };
}

/** Told to `tasks`. */
export interface TasksRequest {
  /** Aborted when nobody waits for these tasks any more. */
  readonly signal: AbortSignal;
}

/** Told to `apply` and `revert`. */
export interface EffectContext {
  /** Aborted when nobody waits for the outcome any more: it took too long, it is undone, or the agent stops. */
  readonly signal: AbortSignal;
  /** On whose behalf: the id of the rollout. */
  readonly instruction: string;
}

/** What `apply` returns when it will not: `{ refused: 'the queue is paused' }`. It is counted, and shown in traces. */
export interface Refusal {
  readonly refused: string;
}

/** Expected change of the logarithm of a field per unit of dose; see docs/capabilities.md, "What the governor makes of it". */
export interface Expectation {
  /** Below 0 the field falls. -1, for a share taken away, is exactly as asked. */
  readonly perUnit: number;
  /** Standard deviation of `perUnit`: how wrong it may be. When in doubt, write more. */
  readonly uncertainty: number;
}

interface AnyCapability<T, F extends Fields> {
  /** The number of the action in compiled programs, 1 to 30. Never give it to another action, even when this one is gone. */
  readonly code: number;
  /** 0 harmless to 1 dangerous: a fifth of the risk of a decision. */
  readonly risk: number;
  /** One line for people. */
  readonly about?: string;
  /** What it is expected to do to the fields of a task, until that has been measured. */
  readonly effects?: { readonly [Name in keyof F]?: Expectation };
  /** How long one effect may take, in milliseconds; what takes longer counts as failed. 10 s unless told otherwise. */
  readonly withinMs?: number;
  /**
   * True when what it sets outlives this process: a row in a database, a setting of another service. Then it is not done
   * again after a restart, and can still be undone; what `apply` returns must be JSON, and is kept in `stateDir`.
   */
  readonly lasting?: boolean;
  /**
   * Takes back what `apply` did to the task; called when the rollout is undone, if the task is still there. `former` is what
   * `apply` returned: give it a type, as in `revert(task, former: number)`. When later rollouts did the same to the task, it
   * is only called for the newest of those that are left. `null`: what is done stays done.
   */
  readonly revert: Revert<T> | null;
}

/** Of a method, so that `former` can be given the type that `apply` returns. */
type Revert<T> = { revert(task: T, former: unknown, context: EffectContext): unknown }['revert'];

/** An action that programs call with a task only: `PAUSE(queue)`. */
export interface PlainCapability<T, F extends Fields> extends AnyCapability<T, F> {
  readonly unit?: undefined;
  readonly min?: undefined;
  readonly max?: undefined;
  readonly dose?: undefined;
  readonly argument?: undefined;
  /**
   * Does it to the task, once per task and rollout. May be asynchronous. What it returns is handed to `revert`; `{ refused:
   * 'why' }`, or an error, says that it was not done.
   */
  apply(task: T, context: EffectContext): unknown;
}

/** An action that programs call with a task and a value: `SET_CONCURRENCY(queue, 8)`. */
export interface ArgumentCapability<T, F extends Fields> extends AnyCapability<T, F> {
  /** What the argument is measured in. */
  readonly unit: Quantity;
  /** Least value that is accepted, itself included, in the base unit. */
  readonly min: number;
  /** Greatest value that is accepted, itself included, in the base unit. */
  readonly max: number;
  /**
   * How strongly a value acts. `reduction`: it is a share that is taken away (ratio, 0 to below 1). `increase`: a share that
   * is added (ratio). Left out: the value itself.
   */
  readonly dose?: 'reduction' | 'increase';
  /** What the argument is called in messages; `amount` unless told otherwise. */
  readonly argument?: string;
  /**
   * Does it to the task, once per task and rollout, with a value within `min` and `max`. May be asynchronous. What it returns
   * is handed to `revert`; `{ refused: 'why' }`, or an error, says that it was not done.
   */
  apply(task: T, value: number, context: EffectContext): unknown;
}

/** With `unit`, `min` and `max`, `apply` takes a value; without them, it does not. */
export type Capability<T, F extends Fields> = PlainCapability<T, F> | ArgumentCapability<T, F>;

/** What there is to read and to do. */
export interface Offer<F extends Fields, T extends Task<F>> {
  /** What the kind of agent is called in output; `service` unless told otherwise. */
  readonly name?: string;
  /** What programs can read of a task. `cost`, `latency`, `throughput`, `memory`, `cpu_time` and `errors` are also measured. */
  readonly fields: F;
  /** What programs can do with a task, by the names that they write. */
  readonly capabilities: { readonly [name: string]: Capability<T, F> };
}

export interface AgentOptions<F extends Fields, T extends Task<F>> extends Offer<F, T> {
  /** Names the agent in its fleet: letters, digits or `. _ : @ -`. One process at a time may have it. */
  readonly id: string;
  /**
   * The tasks as they are now, asked before every tick (each second while a rollout is on, each 5 s otherwise): a list of
   * rows, or columns. May be asynchronous. When it fails or takes too long, that tick is left out.
   */
  readonly tasks: (request: TasksRequest) => TaskSource<F, T> | Promise<TaskSource<F, T>>;
  /** Runs completed and failed since the process started; gates and results compare them. None unless told. */
  readonly runs?: () => { readonly completed: number; readonly failed: number };
  /** By which selectors find the agent: `{ zone: 'east' }` is found by `zone=east`. */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Whose orders and programs are obeyed: a public key (PEM text), a file with one, or a directory of `NAME.pub.pem`, in which
   * keys can be added and revoked while the agent runs. Several are a list. DREAMNET_KEYS unless told otherwise.
   */
  readonly trust?: string | readonly string[];
  /** Address such as `redis://127.0.0.1:6379`; REDIS_URL unless told otherwise. */
  readonly redis?: string;
  /** Instead of `redis` and `prefix`: one that several agents of this process share. The agent does not close it. */
  readonly connection?: AgentConnection;
  /** Namespace of the fleet in Redis; DREAMNET_PREFIX, or none, unless told otherwise. */
  readonly prefix?: string;
  /**
   * Where the agent keeps what it was told, so that it comes back with its program after a restart. A directory for this
   * user only; DREAMNET_STATE, or `.dreamnet` in the working directory, unless told otherwise.
   */
  readonly stateDir?: string;
  /** How much programs may do: effects per tick, per task, and the time between two on a task. */
  readonly budget?: EffectBudget;
  /** Signals that stop the agent, such as `['SIGTERM']`; the process then ends by itself when nothing else keeps it. None unless told. */
  readonly stopOn?: readonly NodeJS.Signals[];
  /** Says what somebody should know: refused orders, Redis away, tasks that do not fit. Standard error unless told otherwise. */
  readonly log?: (line: string) => void;
  /** Of this machine, milliseconds since 1970; the system's unless told otherwise. */
  readonly clock?: () => number;
}

/** What `tasks` returns: rows, or columns. */
export type TaskSource<F extends Fields, T> = readonly T[] | TaskColumns<F>;

/** The program that an agent runs. */
export interface RunningProgram {
  /** `FUNC name()`. */
  readonly name: string;
  /** `sha256:…` of its file. */
  readonly digest: string;
  /** The rollout that brought it. */
  readonly instruction: string;
  /** The values of its parameters that are not their defaults, in base units. */
  readonly parameters: Readonly<Record<string, number>>;
}

/** A service that programs can be injected into. */
export interface RunningAgent {
  readonly id: string;
  /** `idle` without a program, `live` with one, `staged` with one held ready, `observing` while held out of a rollout. */
  readonly status: 'idle' | 'staged' | 'live' | 'observing' | 'failed' | 'stopped';
  /** The program it runs; undefined when it runs none. */
  readonly program: RunningProgram | undefined;
  /** False while Redis is away: the program goes on running, and the agent comes back by itself. */
  readonly connected: boolean;
  /** What it offers, as a capability file: `dreamnet compile --capabilities` reads it. */
  readonly capabilities: Capabilities;
  /** Signs off and ends. What programs have set stays set. A second call waits for the first. */
  stop(): Promise<void>;
  /** The same, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
