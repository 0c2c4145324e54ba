/**
 * Rows or columns as a service gives them in, the table that programs see out: one column of numbers per declared field. A
 * task that does not fit is left out and told about, once for each kind of mistake; the others are not worse off for it.
 */
import type { FieldCapability } from '../../language/capabilities.js';
import type { TaskId, TaskView } from '../workload.js';
import type { Fields, Task } from './options.js';
import { sourceOf, type TaskReader } from './task-reader.js';

export type AnyTask = Task<Fields>;

export interface ServiceTasks {
  /** Takes over what `tasks` returned; throws when it is neither rows nor columns, and then nothing has changed. */
  fill(given: unknown): void;
  view(): TaskView;
  /** The task in this row, as the service gave it. */
  at(row: number): AnyTask | undefined;
  /** Undefined when it is not in the table now. */
  byId(id: TaskId): AnyTask | undefined;
}

/** More than any service has that is asked for its tasks every second; the rest is left out. */
const tasksMax = 100_000;

export function createServiceTasks(
  fields: readonly FieldCapability[],
  log: (line: string) => void,
): ServiceTasks {
  const sayNew = createComplaints(log);
  let columns = fields.map(() => new Float64Array(0));
  let view: TaskView = { rows: 0, ids: [], columns: named(fields, columns) };
  let reader: TaskReader | undefined;
  /** By row, where the reader has the task. */
  let places: number[] = [];
  /** Made when somebody asks. */
  let rows: Map<TaskId, number> | undefined;

  const at = (row: number) => {
    const place = places[row];
    return place === undefined ? undefined : reader?.task(place);
  };
  return {
    fill(given) {
      const next = sourceOf(given, fields);
      const count = Math.min(next.length, tasksMax);
      if ((columns[0]?.length ?? 0) < count)
        columns = fields.map(() => new Float64Array(2 ** Math.ceil(Math.log2(count))));
      const taken = take(next, count, columns);
      if (next.length > count)
        taken.problems.set(
          'many',
          `${next.length - count} tasks are left out: an agent has at most ${tasksMax}`,
        );
      sayNew(taken.problems);
      view = { rows: taken.ids.length, ids: taken.ids, columns: named(fields, columns) };
      [reader, places, rows] = [next, taken.places, undefined];
    },
    view: () => view,
    at,
    byId(id) {
      rows ??= new Map(view.ids.map((known, row) => [known, row]));
      const row = rows.get(id);
      return row === undefined ? undefined : at(row);
    },
  };
}

function named(fields: readonly FieldCapability[], columns: readonly Float64Array[]): TaskView['columns'] {
  return Object.fromEntries(fields.map(({ name }, at) => [name, columns[at] as Float64Array]));
}

interface Taken {
  readonly ids: TaskId[];
  readonly places: number[];
  /** By kind of mistake, the first of its kind. */
  readonly problems: Map<string, string>;
}

function take(reader: TaskReader, count: number, columns: readonly Float64Array[]): Taken {
  const taken: Taken = { ids: [], places: [], problems: new Map() };
  const seen = new Set<TaskId>();
  for (let place = 0; place < count; place++) {
    const id = reader.id(place);
    const problem = idProblem(id, seen) ?? reader.read(place, columns, taken.ids.length);
    if (problem !== undefined) {
      const { kind, text } = problem;
      if (!taken.problems.has(kind)) taken.problems.set(kind, `task ${shown(id)} is left out: ${text}`);
      continue;
    }
    seen.add(id as TaskId);
    taken.ids.push(id as TaskId);
    taken.places.push(place);
  }
  return taken;
}

export interface TaskProblem {
  readonly kind: string;
  readonly text: string;
}

function idProblem(id: unknown, seen: ReadonlySet<TaskId>): TaskProblem | undefined {
  if (typeof id !== 'string' && !Number.isFinite(id))
    return { kind: 'id', text: 'its id must be text or a number' };
  return seen.has(id as TaskId) ? { kind: 'twice', text: 'another task has the same id' } : undefined;
}

/** For a message: short, whatever somebody put there. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** Says a kind of mistake when it begins, not with every tick; again when it had gone. */
function createComplaints(log: (line: string) => void): (problems: ReadonlyMap<string, string>) => void {
  let before: ReadonlyMap<string, string> = new Map();
  return (problems) => {
    for (const [kind, text] of problems) if (!before.has(kind)) log(text);
    before = problems;
  };
}
