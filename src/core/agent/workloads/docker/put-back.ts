/** A state directory and an engine in, what agents left changed of its containers out, and the means to put all of it back. */
import type { Engine } from '../../../docker/engine.js';
import { ContainerEffects } from './effects/effects.js';
import { type Change, openFormerValues } from './effects/former-values.js';
import type { MoveContainer } from './effects/move-region.js';
import type { PutBack } from './effects/put-back-words.js';

export interface PutBackOptions {
  readonly engine: Engine;
  readonly stateDir: string;
  readonly move?: MoveContainer | undefined;
  readonly log: (line: string) => void;
}

export interface LeftChanged {
  readonly changes: readonly Change[];
  putBack(): Promise<PutBack[]>;
}

/** No agent may work with the directory meanwhile. Throws DN655 when it cannot be read. */
export function readLeftChanged({ engine, stateDir, move, log }: PutBackOptions): LeftChanged {
  const formerValues = openFormerValues(stateDir, log);
  const effects = new ContainerEffects({
    ...{ engine, formerValues, log, clock: Date.now },
    measure: async () => undefined,
    mayNotTouch: () => 'nothing is changed here, only put back',
    // Where it goes back to is written down.
    regions: move && { of: () => '', cheapest: '', move },
  });
  return { changes: formerValues.open(), putBack: () => effects.keepOnly(() => false) };
}
