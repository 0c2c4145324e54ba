/**
 * Effects on containers: what an instruction asks of one in, done by the engine out, and taken back again. Every change is
 * written down first with what was there before; a limit that somebody else has set meanwhile is left as it is.
 */

import type { Engine } from '../../../../docker/engine.js';
import { engineWords } from '../../../../docker/engine-errors.js';
import { forEachOf } from '../../../../docker/for-each-of.js';
import { DreamnetError, messageOf } from '../../../../errors.js';
import type { ApplyOutcome } from '../../../workload.js';
import type { ContainerUse, MeasureUse } from './container-use.js';
import type { Change, FormerValues, Setting } from './former-values.js';
import type { MoveContainer } from './move-region.js';
import { notPutBack, type PutBack, shown, words } from './put-back-words.js';
import { bytesNeeded, type Rule, rules, valuesOf } from './rules.js';
import { createTurns } from './turns.js';
import {
  type Aspect,
  type ContainerNow,
  change,
  isSame,
  isUndecided,
  lookAt,
  type Values,
} from './values.js';

export interface EffectsOptions {
  readonly engine: Engine;
  readonly formerValues: FormerValues;
  readonly measure: MeasureUse;
  /** Why a container must be left alone, undefined when it need not. */
  readonly mayNotTouch: (container: ContainerNow) => string | undefined;
  readonly regions?: Regions | undefined;
  readonly clock: () => number;
  readonly log: (line: string) => void;
  /** How long the engine may take for one answer. */
  readonly answerMs?: number;
}

export interface Regions {
  /** Where a container runs, as its labels say. */
  of(labels: Readonly<Record<string, string>>): string;
  readonly cheapest: string;
  readonly move: MoveContainer;
}

export interface AskedEffect {
  readonly container: string;
  readonly agent: string;
  readonly instruction: string;
  readonly action: string;
  readonly argument: number;
  readonly signal: AbortSignal;
}

/** More only wait for each other at the engine. */
const atOnce = 8;

export class ContainerEffects {
  readonly #options: EffectsOptions;
  /** Of each aspect of each container: what moves one for half a minute must not keep its memory limit from being raised. */
  readonly #turns = createTurns();

  constructor(options: EffectsOptions) {
    this.#options = options;
  }

  apply(asked: AskedEffect): Promise<ApplyOutcome> {
    const aspect = rules[asked.action]?.aspect ?? 'region';
    return this.#inTurn({ container: asked.container, aspect }, async () => {
      const refusal = await this.#applyNow(asked).catch((thrown) => engineWords(thrown));
      return refusal === undefined ? { applied: true } : { applied: false, reason: refusal };
    });
  }

  /** Takes back what an instruction did for an agent. Throws DN656 when some of it could not be; ask again then. */
  async revert(agent: string, instruction: string): Promise<void> {
    const keeps = (setting: Setting) => setting.agent !== agent || setting.instruction !== instruction;
    const meant = this.#options.formerValues
      .open()
      .filter(({ settings }) => settings.length === 0 || !settings.every(keeps));
    const outcomes = await this.#keep(meant, keeps);
    const failed = outcomes.filter(({ outcome }) => outcome === 'failed');
    if (failed.length > 0) throw notPutBack(failed);
  }

  /** Puts back whatever no instruction that is still in force asks for; what is in force stays, or comes back. */
  keepOnly(inForce: (agent: string, instruction: string) => boolean): Promise<PutBack[]> {
    return this.#keep(this.#options.formerValues.open(), ({ agent, instruction }) =>
      inForce(agent, instruction),
    );
  }

  /** Of containers that are not there any more nothing is left to put back. */
  async forgetGone(isThere: (container: string) => boolean): Promise<void> {
    const { formerValues } = this.#options;
    const away = formerValues.open().filter(({ container }) => !isThere(container));
    await forEachOf(away, atOnce, async (known) => {
      if ((await this.#lookAt(known.container)) === undefined) formerValues.forget(known);
    });
  }

  /** Raises the memory limit of a container whose use has come near it, to what it was before anything of ours. */
  async relieve(container: string, why: string): Promise<PutBack[]> {
    const known = this.#options.formerValues.of(container, 'memory');
    if (known === undefined || known.settings.length === 0) return [];
    const outcomes = await this.#inTurn(known, () => this.#without(known, () => false));
    if (outcomes.some(({ outcome }) => outcome === 'restored'))
      this.#options.log(`${known.name}: its memory limit is raised again: ${why}`);
    return outcomes;
  }

  /** Containers whose memory limit is ours, with that limit. */
  limitedMemory(): { readonly container: string; readonly name: string; readonly bytes: number }[] {
    return this.#options.formerValues
      .open()
      .filter(({ aspect, settings }) => aspect === 'memory' && settings.length > 0)
      .map(({ container, name, set }) => ({ container, name, bytes: Number(set.Memory) }));
  }

  /** The region in which we have put a container, if we have. */
  regionOf(container: string): string | undefined {
    const known = this.#options.formerValues.of(container, 'region');
    return known && regionIn(known);
  }

  /** Containers that we have had moved. */
  moved(): { readonly container: string; readonly region: string }[] {
    return this.#options.formerValues
      .open()
      .filter(({ aspect }) => aspect === 'region')
      .map((known) => ({ container: known.container, region: regionIn(known) }));
  }

  /** When nothing is under way any more. */
  idle(): Promise<void> {
    return this.#turns.idle();
  }

  /** Undefined when it is done, else why not. */
  async #applyNow(asked: AskedEffect): Promise<string | undefined> {
    if (asked.signal.aborted) return 'nobody waits for it any more';
    const now = await this.#lookAt(asked.container);
    if (now === undefined) return 'the container is gone';
    if (!now.running) return 'the container does not run';
    const untouchable = this.#options.mayNotTouch(now);
    if (untouchable !== undefined) return untouchable;
    if (asked.action === 'ROUTE_TO_CHEAPER_REGION') return this.#route(asked, now);
    const rule = rules[asked.action];
    if (rule === undefined) return `containers have no action ${asked.action}`;
    return this.#applyRule(asked, now, rule);
  }

  async #applyRule(
    asked: AskedEffect,
    now: ContainerNow,
    { aspect, rule }: Rule,
  ): Promise<string | undefined> {
    const { measure } = this.#options;
    const known = this.#ours(now, aspect);
    const actual = now[aspect];
    if (known?.settings.some(({ instruction }) => instruction === asked.instruction)) {
      // It came in an earlier life; that life may have ended before the engine was asked.
      const [undone] = await this.#finish(known, now);
      return undone && `its limit is put back instead: ${outgrown}`;
    }
    const use = await measure(now.id);
    if (use === undefined) return 'what it uses is not known yet';
    const { settings = [], original = actual } = known ?? {};
    const { agent, instruction, argument } = asked;
    const ruling = rule({ agent, instruction, argument, use, original, actual, settings });
    if ('refusal' in ruling) return ruling.refusal;
    return this.#set(now, {
      ...{ aspect, original, known, set: ruling.set, signal: asked.signal },
      settings: [...settings, ruling.setting],
    });
  }

  async #route({ agent, instruction, signal }: AskedEffect, now: ContainerNow): Promise<string | undefined> {
    const { regions, formerValues } = this.#options;
    if (regions === undefined) return 'nothing is configured that could move it: see --region-hook';
    const known = formerValues.of(now.id, 'region');
    if (known?.settings.some((setting) => setting.instruction === instruction)) {
      await this.#finish(known, now);
      return undefined;
    }
    const from = this.regionOf(now.id) ?? regions.of(now.labels);
    const to = regions.cheapest;
    if (from === to) return `already in ${to}, the cheapest region`;
    const setting: Setting = { instruction, agent, share: 0, used: 0, under: [], region: to };
    return this.#set(now, {
      ...{ aspect: 'region', original: known?.original ?? { Region: from }, known },
      ...{ set: { Region: to }, settings: [...(known?.settings ?? []), setting], signal },
    });
  }

  /** Written down, then done; what the engine refuses is crossed out again. */
  async #set(
    now: ContainerNow,
    wish: Pick<Change, 'aspect' | 'original' | 'set' | 'settings'> & {
      readonly known: Change | undefined;
      readonly signal: AbortSignal;
    },
  ): Promise<string | undefined> {
    const { formerValues, clock } = this.#options;
    const { known, signal, ...wanted } = wish;
    // From here to the line that is written nothing else can happen: what is undone later finds it.
    if (signal.aborted) return 'nobody waits for it any more';
    const before = actualOf(now, wish.aspect, known?.before ?? wish.original);
    const planned = { container: now.id, name: now.name, at: clock(), before, ...wanted };
    formerValues.write(planned);
    try {
      await this.#do(planned, signal);
      formerValues.write({ ...planned, before: planned.set });
      return undefined;
    } catch (thrown) {
      const after = isUndecided(thrown) ? undefined : await this.#lookAt(now.id).catch(() => undefined);
      // Of an engine that is away it is not known what it did: the line stays, and covers both.
      const isUnchanged = after !== undefined && isSame(actualOf(after, wish.aspect, before), before);
      if (isUnchanged && known !== undefined) formerValues.write(known);
      else if (isUnchanged) formerValues.forget(planned);
      return engineWords(thrown);
    }
  }

  async #do(planned: Change, signal = new AbortController().signal): Promise<void> {
    const { engine, regions, answerMs } = this.#options;
    const { container, name, aspect, before: from, set: to } = planned;
    if (aspect !== 'region') return change(engine, container, { aspect, from, to }, answerMs);
    if (isSame(from, to)) return;
    if (regions === undefined) throw new Error('nothing is configured that could move it: see --region-hook');
    const refusal = await regions.move(
      { container, name, from: String(from.Region), to: String(to.Region) },
      signal,
    );
    if (refusal !== undefined) throw new Error(refusal);
  }

  /** What is known of our own change to a container; forgotten, and said, where somebody else has changed it since. */
  #ours(now: ContainerNow, aspect: Exclude<Aspect, 'region'>): Change | undefined {
    const { formerValues, log } = this.#options;
    const known = formerValues.of(now.id, aspect);
    if (known === undefined) return undefined;
    const actual = now[aspect];
    if (isSame(actual, known.set) || isSame(actual, known.before)) return known;
    log(
      `${now.name}: ${words(aspect)} was changed by somebody else to ${shown(actual)}: it is theirs from now on`,
    );
    formerValues.forget(known);
    return undefined;
  }

  async #keep(changes: readonly Change[], keeps: (setting: Setting) => boolean): Promise<PutBack[]> {
    const outcomes: PutBack[] = [];
    await forEachOf(changes, atOnce, async (known) => {
      const stays = known.settings.length > 0 && known.settings.every(keeps);
      const work = () => (stays ? this.#again(known) : this.#without(known, keeps));
      outcomes.push(...(await this.#inTurn(known, work)));
    });
    return outcomes;
  }

  /** A change that was written down, and perhaps not done before we ended. */
  async #again({ container, aspect }: Change): Promise<PutBack[]> {
    const { formerValues } = this.#options;
    // It may have changed while this waited for its turn.
    const known = formerValues.of(container, aspect);
    if (known === undefined) return [];
    try {
      const now = await this.#lookAt(container);
      if (now === undefined) formerValues.forget(known);
      else if (aspect === 'region' || this.#ours(now, aspect) !== undefined)
        return await this.#finish(known, now);
      return [];
    } catch (thrown) {
      return [outcomeOf(known, 'failed', wordsOf(thrown))];
    }
  }

  /** Does what was written down; a memory limit that the use has outgrown since is put back instead. */
  async #finish(known: Change, now: ContainerNow): Promise<PutBack[]> {
    const { formerValues } = this.#options;
    const { aspect, set } = known;
    const before = actualOf(now, aspect, known.before);
    if (isSame(before, set)) return [];
    if (aspect === 'memory' && Number(set.Memory) < Number(before.Memory)) {
      const bytes = await this.#bytesNeeded(known.container);
      if (bytes === undefined || bytes > Number(set.Memory)) return this.#without(known, () => false);
    }
    await this.#do({ ...known, before });
    formerValues.write({ ...known, before: set });
    return [];
  }

  async #without({ container, aspect }: Change, keeps: (setting: Setting) => boolean): Promise<PutBack[]> {
    const { formerValues, clock } = this.#options;
    // It may have changed while this waited for its turn.
    const known = formerValues.of(container, aspect);
    if (known === undefined) return [];
    const settings = known.settings.filter(keeps);
    if (settings.length === known.settings.length && settings.length > 0) return [];
    const outcome = (outcome: PutBack['outcome'], words: string) => [outcomeOf(known, outcome, words)];
    let planned: Change | undefined;
    try {
      const now = await this.#lookAt(container);
      if (now === undefined) {
        formerValues.forget(known);
        return outcome('gone', 'the container is gone: there is nothing to put back');
      }
      if (aspect !== 'region' && this.#ours(now, aspect) === undefined)
        return outcome('left', `somebody else has changed it to ${shown(now[aspect])}: it is left so`);
      const { original } = known;
      const before = actualOf(now, aspect, known.before);
      const bytesMin = aspect === 'memory' ? await this.#leastOf(container, before) : 0;
      const set = valuesOf(aspect, { original, settings, bytesMin });
      planned = { ...known, at: clock(), before, set, settings };
      formerValues.write(planned);
      await this.#do(planned);
      if (settings.length > 0) {
        formerValues.write({ ...planned, before: set });
        return outcome('kept', shown(set));
      }
      formerValues.forget(planned);
      return outcome('restored', shown(original));
    } catch (thrown) {
      // So that the same undo finds it again.
      if (planned !== undefined) this.#writeIfPossible({ ...planned, settings: known.settings });
      return outcome('failed', wordsOf(thrown));
    }
  }

  /** The words of what failed before are those that are told. */
  #writeIfPossible(change: Change): void {
    try {
      this.#options.formerValues.write(change);
    } catch (thrown) {
      this.#options.log(messageOf(thrown));
    }
  }

  /** Below which no limit goes when others are taken back: where the use is not known, it stays as it is. */
  async #leastOf(container: string, { Memory }: Values): Promise<number> {
    return (await this.#bytesNeeded(container)) ?? Number(Memory);
  }

  async #bytesNeeded(container: string): Promise<number | undefined> {
    const use: ContainerUse | undefined = await this.#options.measure(container);
    return use && bytesNeeded(use);
  }

  #lookAt(container: string): Promise<ContainerNow | undefined> {
    return lookAt(this.#options.engine, container, this.#options.answerMs);
  }

  #inTurn<T>(
    { container, aspect }: Pick<Change, 'container' | 'aspect'>,
    work: () => Promise<T>,
  ): Promise<T> {
    return this.#turns.take(`${container} ${aspect}`, work);
  }
}

const outgrown = 'the container uses more by now, or what it uses is not known yet';

/** The engine knows no regions: there it is where the last move that is done has brought it. */
function actualOf(now: ContainerNow, aspect: Aspect, region: Values): Values {
  return aspect === 'region' ? region : now[aspect];
}

function regionIn({ before }: Change): string {
  return String(before.Region);
}

function outcomeOf({ container, name, aspect }: Change, outcome: PutBack['outcome'], words: string): PutBack {
  return { container, name, aspect, outcome, words };
}

function wordsOf(thrown: unknown): string {
  return thrown instanceof DreamnetError ? messageOf(thrown) : engineWords(thrown);
}
