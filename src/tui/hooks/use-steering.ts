/** Keys that steer the rollout in, wishes out by the core; what becomes of each is kept as one line. */
import { useRef, useState } from 'react';
import { describeFailure } from '../../cli/failure.js';
import { steeredHeadline } from '../../cli/views/steered-view.js';
import type { RolloutRecord } from '../../core/nerve/messages/rollout-record.js';
import type { WishAction } from '../../core/nerve/messages/wish.js';
import type { SteeredDocument } from '../../documents/steered-document.js';
import { idle, pressed, type Steering, type SteeringKey, typing } from '../steering.js';

/** Does what is wished of a rollout, and says what came of it; throws what the command of the same name would. */
export type SteerRollout = (action: WishAction, rollout: string) => Promise<SteeredDocument>;

export interface SteeringControl {
  readonly steering: Steering;
  press(key: SteeringKey, rollout: RolloutRecord | undefined): void;
  /** Takes the key when a confirmation is being typed; false when it is free for others. */
  type(input: string, key: Parameters<typeof typing>[2]): boolean;
  /** The last word was read. */
  dismiss(): void;
}

export function useSteering(steer: SteerRollout | undefined): SteeringControl {
  const [steering, setSteering] = useState<Steering>(idle);
  // Keys may come faster than frames: each is judged by what the one before it led to.
  const now = useRef<Steering>(idle);
  const become = (next: Steering) => {
    now.current = next;
    setSteering(next);
    if (next.step === 'asking') void ask(next);
  };
  const ask = async ({ action, rollout }: Extract<Steering, { step: 'asking' }>) => {
    try {
      if (steer === undefined) return become(idle);
      const document = await steer(action, rollout);
      const tone = document.silent > 0 ? 'warning' : 'good';
      become({ step: 'told', tone, text: steeredHeadline(document) });
    } catch (thrown) {
      const { code, message } = describeFailure(thrown, {
        helpCommand: 'dreamnet rollout --help',
        flagNames: [],
      });
      become({ step: 'told', tone: 'bad', text: `${code} ${message}` });
    }
  };
  return {
    steering,
    press(key, rollout) {
      if (steer !== undefined && now.current.step !== 'asking') become(pressed(key, rollout));
    },
    type(input, key) {
      if (now.current.step !== 'confirming') return false;
      become(typing(now.current, input, key));
      return true;
    },
    dismiss() {
      if (now.current.step === 'told') become(idle);
    },
  };
}
