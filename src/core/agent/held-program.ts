/** Programs as an agent holds them: with the values that an instruction gave their parameters, and what they did so far. */
import type { LoadedProgram } from './load-program.js';
import type { TaskId } from './workload.js';

/** A program with the values that one instruction gives its parameters. */
export interface HeldProgram {
  readonly instruction: string;
  readonly loaded: LoadedProgram;
  readonly parameters: Readonly<Record<string, number>>;
}

/** A held program that runs or ran, with what it did: per task the bit set of its actions, so that each acts once. */
export interface RunProgram {
  readonly held: HeldProgram;
  readonly acted: Map<TaskId, number>;
  /** The same of those that the budget held back, as long as it did or not. */
  heldBack?: Map<TaskId, number>;
}

/** The same program with the same values: nothing would change. */
export function isSame(one: HeldProgram, other: HeldProgram): boolean {
  const names = Object.keys(other.parameters);
  return (
    one.loaded.program.digest === other.loaded.program.digest &&
    names.length === Object.keys(one.parameters).length &&
    names.every((name) => one.parameters[name] === other.parameters[name])
  );
}

/** Values from outside the program's declared ranges never run; the manifest's ranges are part of the signed bytes. */
export function parameterProblem(
  loaded: LoadedProgram,
  values: Readonly<Record<string, number>>,
): string | undefined {
  const declared = new Map(
    loaded.program.manifest.parameters.map((parameter) => [parameter.name, parameter]),
  );
  for (const [name, value] of Object.entries(values)) {
    const parameter = declared.get(name);
    if (parameter === undefined) return `the program has no parameter ${name}`;
    if (value < parameter.min || value > parameter.max) {
      return `${name} = ${value} is outside ${parameter.min} to ${parameter.max}`;
    }
  }
  return undefined;
}
