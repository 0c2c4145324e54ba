/** What `rollout pause|resume|abort|rollback` have in common: their words in, what came of them as a document out. */
import { Args, Flags } from '@oclif/core';
import { DreamnetError } from '../core/errors.js';
import { planReturn, returnTo } from '../core/injector/control/return-to.js';
import { type Steered, type SteerRequest, steerRollout } from '../core/injector/control/steer.js';
import { type SteeredDocument, steeredDocument } from '../documents/steered-document.js';
import { type SessionOptions, withReading } from './open-session.js';
import { operatorName } from './operator.js';
import { type ReturnedDocument, returnedDocument } from './views/returned-view.js';

export const rolloutArg = Args.string({
  description: 'Id of the rollout, or the beginning of one. [default: the newest]',
});

export const steerFlags = {
  reason: Flags.string({
    char: 'm',
    description: 'Why, for those who look at it later.',
    helpValue: '<text>',
    parse: async (text) => checkedReason(text),
  }),
};

export interface SteerOptions extends Pick<SteerRequest, 'action'> {
  readonly id: string | undefined;
  readonly flags: SessionOptions['flags'] & { readonly reason?: string | undefined };
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
}

export async function steer({ action, id, flags, signal, note }: SteerOptions): Promise<SteeredDocument> {
  const onWaiting = tellWaiting(note);
  const by = operatorName();
  const steered: Steered = await withReading({ command: 'rollout', flags, signal }, ({ context }) =>
    steerRollout(context, { action, typed: id, by, reason: flags.reason, onWaiting }),
  );
  return steeredDocument(action, steered);
}

/** Takes back every rollout that has come since an earlier one; a dry run only says which. */
export async function steerBackTo({
  to,
  dryRun,
  flags,
  signal,
  note,
}: Omit<SteerOptions, 'action' | 'id'> & {
  readonly to: string;
  readonly dryRun: boolean;
}): Promise<ReturnedDocument> {
  const onWaiting = tellWaiting(note);
  return withReading({ command: 'rollout', flags, signal }, async ({ context }) => {
    const plan = await planReturn(context, to);
    if (dryRun) return returnedDocument(plan, undefined);
    const returned = await returnTo(context, plan, { by: operatorName(), reason: flags.reason, onWaiting });
    return returnedDocument(plan, returned);
  });
}

function tellWaiting(note: (text: string) => void): (holder: string) => void {
  return (holder) =>
    note(`Asked ${holder}; it sends nothing more, and takes in the answers that are under way first.`);
}

function checkedReason(text: string): string {
  const reason = text.trim();
  if (reason.length >= 1 && reason.length <= 500) return reason;
  throw new DreamnetError({
    code: 'DN923',
    kind: 'bad-input',
    message: reason === '' ? '--reason is empty.' : `--reason has ${reason.length} characters; 500 fit.`,
    hint: 'Write for example --reason "payments is deploying".',
  });
}
